//! Requests that fail, by the fault injection of Microsoft's driver: recognised where they were
//! done, sent again where they were not, never done twice (rule R21).

use std::sync::Arc;
use std::time::Duration;

use azure_data_cosmos_driver::fault_injection::{
    FaultInjectionConditionBuilder, FaultInjectionErrorType as Fault, FaultInjectionResultBuilder,
    FaultInjectionRule, FaultInjectionRuleBuilder, FaultOperationType as Request,
};
use isobar::document::{BatchWrite, Condition, Map, PutOptions, SortType, Update, WriteSet};
use isobar::{Collection, CollectionSpec, ErrorKind};
use isobar_conformance_cosmos::emulator::Emulator;

use super::{behind, fresh, map};

const NOTES: CollectionSpec<Map> = CollectionSpec::new("notes").sort("part", SortType::Str);
const ADOPTED: CollectionSpec<Map> = CollectionSpec::new("notes")
    .partition("owner")
    .sort("id", SortType::Str)
    .adopt();
const KEY: (&str, &str) = ("a", "1");
/// More than anybody tries.
const ALWAYS: u32 = 1_000;

fn document(n: i64) -> Map {
    map(&[("id", "a".into()), ("part", "1".into()), ("n", n.into())])
}

/// The next `times` requests of this kind fail so.
fn rule(request: Request, fault: Fault, times: u32) -> Arc<FaultInjectionRule> {
    let condition = FaultInjectionConditionBuilder::new().with_operation_type(request);
    let result = FaultInjectionResultBuilder::new().with_error(fault).build();
    let rule = FaultInjectionRuleBuilder::new(format!("{request:?}-{fault:?}"), result);
    Arc::new(
        rule.with_condition(condition.build())
            .with_hit_limit(times)
            .build(),
    )
}

/// The same collection twice: directly, and behind the faults.
async fn faulty(
    spec: &CollectionSpec<Map>,
    request: Request,
    fault: Fault,
    times: u32,
) -> (Collection<Map>, Collection<Map>, Arc<FaultInjectionRule>) {
    let (emulator, direct) = fresh(spec).await;
    let (behind, rule) = also_behind(&emulator, spec, request, fault, times).await;
    (direct, behind, rule)
}

async fn also_behind(
    emulator: &Emulator,
    spec: &CollectionSpec<Map>,
    request: Request,
    fault: Fault,
    times: u32,
) -> (Collection<Map>, Arc<FaultInjectionRule>) {
    let rule = rule(request, fault, times);
    (behind(emulator, spec, vec![Arc::clone(&rule)]).await, rule)
}

/// Before the service, in it, and after it has done what was asked.
const FAULTS: [Fault; 6] = [
    Fault::ConnectionError,
    Fault::ResponseTimeout,
    Fault::ResponseTimeoutAfterService,
    Fault::ServiceUnavailable,
    Fault::Timeout,
    Fault::TooManyRequests,
];

#[tokio::test]
async fn a_create_is_made_once_and_knows_its_own() {
    for fault in FAULTS {
        let (direct, behind, rule) = faulty(&NOTES, Request::CreateItem, fault, 1).await;
        let version = behind.create(&document(1)).await.unwrap();
        assert_eq!(rule.hit_count(), 1, "{fault:?}");
        assert_eq!(
            direct.fetch(KEY).await.unwrap().version,
            version,
            "{fault:?}"
        );
        let error = behind.create(&document(2)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert!(!error.outcome_unknown(), "{fault:?}");
    }
}

#[tokio::test]
async fn an_increment_counts_once() {
    for fault in FAULTS {
        let (direct, behind, rule) = faulty(&NOTES, Request::ReplaceItem, fault, 2).await;
        direct.create(&document(1)).await.unwrap();
        let update = Update::new().increment("n", 1_i64);
        let item = behind.update(KEY, update).await.unwrap();
        assert_eq!(item.value, document(2), "{fault:?}");
        assert!(rule.hit_count() > 0, "{fault:?}");
        assert_eq!(direct.fetch(KEY).await.unwrap(), item, "{fault:?}");
    }
}

#[tokio::test]
async fn an_upsert_and_a_conditional_replace_are_recognised() {
    for fault in FAULTS {
        let (direct, behind, _) = faulty(&NOTES, Request::UpsertItem, fault, 1).await;
        let version = behind.upsert(&document(1)).await.unwrap();
        assert_eq!(
            direct.fetch(KEY).await.unwrap().version,
            version,
            "{fault:?}"
        );
        let (direct, behind, _) = faulty(&NOTES, Request::ReplaceItem, fault, 1).await;
        let version = direct.create(&document(1)).await.unwrap();
        let options = PutOptions::default().with_condition(Condition::version(&version));
        let version = behind.replace_with(&document(2), options).await.unwrap();
        assert_eq!(
            direct.fetch(KEY).await.unwrap().version,
            version,
            "{fault:?}"
        );
    }
}

/// Where it is still there nobody can tell whether the delete comes later, and others may have
/// written since.
#[tokio::test]
async fn a_delete_that_asks_nothing_is_done_or_of_an_unknown_outcome() {
    for fault in FAULTS {
        let (direct, behind, rule) = faulty(&NOTES, Request::DeleteItem, fault, 1).await;
        direct.create(&document(1)).await.unwrap();
        let deleted = behind.delete(KEY).await;
        assert_eq!(rule.hit_count(), 1, "{fault:?}");
        let there = direct.get(KEY).await.unwrap().is_some();
        match deleted {
            Ok(_) => assert!(!there, "{fault:?}"),
            Err(error) => assert!(error.outcome_unknown() && there, "{fault:?}: {error:?}"),
        }
        let certain = [
            Fault::ConnectionError,
            Fault::TooManyRequests,
            Fault::ResponseTimeoutAfterService,
        ];
        assert!(!there || !certain.contains(&fault), "{fault:?}");
    }
}

#[tokio::test]
async fn a_set_is_made_once_and_whole() {
    for fault in FAULTS {
        let (direct, behind, rule) = faulty(&NOTES, Request::BatchItem, fault, 2).await;
        direct.create(&document(1)).await.unwrap();
        let mut other = document(5);
        other.insert("part".to_owned(), "2".into());
        let set = WriteSet::new()
            .create(&other)
            .update(KEY, Update::new().increment("n", 1_i64));
        behind.commit("a", set).await.unwrap();
        assert!(rule.hit_count() > 0, "{fault:?}");
        assert_eq!(
            direct.fetch(KEY).await.unwrap().value,
            document(2),
            "{fault:?}"
        );
        assert_eq!(direct.fetch(("a", "2")).await.unwrap().value, other);
    }
}

#[tokio::test]
async fn a_write_of_an_unknown_outcome_says_so() {
    let fault = Fault::ResponseTimeoutAfterService;
    let (direct, behind, _) = faulty(&ADOPTED, Request::UpsertItem, fault, ALWAYS).await;
    let document = map(&[("owner", "a".into()), ("id", "1".into())]);
    let error = behind.upsert(&document).await.unwrap_err();
    assert!(error.outcome_unknown(), "{error:?}");
    assert!(direct.get(KEY).await.unwrap().is_some());
}

#[tokio::test]
async fn what_never_reaches_the_service_has_no_outcome() {
    let fault = Fault::ConnectionError;
    let (_, behind, _) = faulty(&NOTES, Request::CreateItem, fault, ALWAYS).await;
    let error = behind.create(&document(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.retryable() && !error.outcome_unknown(), "{error:?}");
}

#[tokio::test]
async fn reads_and_batches_are_asked_again_within_their_time() {
    for fault in [
        Fault::ServiceUnavailable,
        Fault::TooManyRequests,
        Fault::ResponseTimeout,
    ] {
        let (direct, behind, rule) = faulty(&NOTES, Request::ReadItem, fault, 2).await;
        direct.create(&document(1)).await.unwrap();
        assert_eq!(
            behind.fetch(KEY).await.unwrap().value,
            document(1),
            "{fault:?}"
        );
        assert!(rule.hit_count() > 0);
        let (_, behind, _) = faulty(&NOTES, Request::CreateItem, fault, 1).await;
        let batch = BatchWrite::new().create(&document(1));
        let written = behind.write_batch(batch).await.unwrap();
        assert!(written.iter().all(Result::is_ok), "{fault:?}");
    }
}

#[tokio::test]
async fn a_service_that_throttles_for_ever_is_told_of_in_time() {
    let fault = Fault::TooManyRequests;
    let (_, behind, rule) = faulty(&NOTES, Request::ReadItem, fault, ALWAYS).await;
    let begun = std::time::Instant::now();
    let error = behind.get(KEY).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Throttled);
    assert!(error.retryable());
    assert_eq!(rule.hit_count(), 4, "once, and three times again");
    assert!(begun.elapsed() < Duration::from_secs(10));
}
