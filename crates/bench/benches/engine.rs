//! What one second costs the engine: the timer, the payment with its answer, the next quote with
//! its answer, and now and then a payment that is read back.

#![allow(missing_docs, reason = "what criterion's macros make")]

use std::time::Duration;

use bench::Reader;
use criterion::{Criterion, criterion_group, criterion_main};

/// So many seconds go by before it is measured: the ledger is full then.
const WARM_UP: u32 = 2_200;

fn engine(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("one second of the engine");
    for (links, view) in [(1, false), (32, false), (32, true)] {
        let view_or_not = if view { "view open" } else { "no view" };
        let mut reader = Reader::new(links);
        if view {
            reader.open_view();
        }
        for _ in 0..WARM_UP {
            reader.second();
        }
        group.bench_function(format!("{links} links, {view_or_not}"), |bencher| {
            bencher.iter_custom(|seconds| (0..seconds).map(|_| reader.second()).sum::<Duration>());
        });
    }
    group.finish();
}

criterion_group!(benches, engine);
criterion_main!(benches);
