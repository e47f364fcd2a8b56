//! The store in memory.

use std::sync::Arc;

use proxy::store::MemoryStore;

use super::suite;

#[tokio::test(flavor = "multi_thread")]
async fn the_store_in_memory_does_what_every_store_must() {
    let store = Arc::new(MemoryStore::default());
    suite::run([store.clone(), store]).await;
}
