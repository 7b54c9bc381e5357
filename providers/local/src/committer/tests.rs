//! Who commits: a caller who is alone, or the thread.

use std::pin::{Pin, pin};
use std::task::{Context, Waker};
use std::thread;

use futures_util::future::join_all;
use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;

use super::Group;
use crate::LocalStore;

/// Whether the work was done by the thread.
async fn by_thread(store: &LocalStore) -> bool {
    let named = |_: &mut Group<'_>| Ok(thread::current().name() == Some("isobar-local-commit"));
    store.submit(0, named).await.unwrap()
}

/// Polls a call once; whether it is still under way.
fn begun(call: Pin<&mut impl Future>) -> bool {
    call.poll(&mut Context::from_waker(Waker::noop()))
        .is_pending()
}

fn several_threads() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(2).build().unwrap()
}

#[test]
fn a_caller_who_is_alone_commits_itself() {
    let store = LocalStore::in_memory().unwrap();
    let calls = several_threads().block_on(async {
        let calls = async move {
            let mut by_threads = 0;
            for _ in 0..100 {
                by_threads += u32::from(by_thread(&store).await);
            }
            by_threads
        };
        tokio::spawn(calls).await.unwrap()
    });
    assert_eq!(calls, 0);
}

#[test]
fn calls_that_one_task_waits_for_together_are_left_to_the_thread() {
    let store = LocalStore::in_memory().unwrap();
    let calls = several_threads().block_on(async {
        let calls = async move { join_all((0..50).map(|_| by_thread(&store))).await };
        tokio::spawn(calls).await.unwrap()
    });
    assert_eq!(calls, [true; 50]);
}

#[test]
fn a_call_that_is_never_polled_again_holds_nobody_up() {
    let store = LocalStore::in_memory().unwrap();
    several_threads().block_on(async {
        let calls = async move {
            let mut kept = pin!(by_thread(&store));
            assert!(begun(kept.as_mut()));
            by_thread(&store).await;
            by_thread(&store).await;
            kept.await;
        };
        tokio::spawn(calls).await.unwrap();
    });
}

#[test]
fn where_the_runtime_has_no_other_thread_the_work_is_left_to_ours() {
    let store = LocalStore::in_memory().unwrap();
    let one_thread = Builder::new_current_thread().build().unwrap();
    assert!(one_thread.block_on(by_thread(&store)));
    let set = LocalSet::new();
    assert!(several_threads().block_on(set.run_until(by_thread(&store))));
}
