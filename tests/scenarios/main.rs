//! What other extensions were seen to get wrong, played through with the real engine, proxy and
//! wallet. Whatever a scenario is about, every rule of the simulator holds in it too.

mod hops;
mod kills;
mod minimums;
