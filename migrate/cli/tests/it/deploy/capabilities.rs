//! What exports say of platforms is what the tables of the platforms say, which nothing but this test joins.

use isobar::{Capabilities, Capability};
use isobar_aws::function::LambdaPlatform;
use isobar_azure::function::FUNCTIONS;
use isobar_deploy::{Target, Waking};
use isobar_gcp::function::CLOUD_RUN;
use isobar_http::function::{KNATIVE, OPENFAAS};

/// The capabilities of each platform, by the name that a target has for it.
fn declared(platform: &str) -> Capabilities {
    let tables = [
        CLOUD_RUN,
        FUNCTIONS,
        KNATIVE,
        OPENFAAS,
        isobar_alibaba::function::FUNCTION_COMPUTE,
        isobar_tencent::function::WEB_FUNCTION,
        isobar_tencent::function::EVENT_FUNCTION,
        isobar_openwhisk::function::ACTION_LOOP,
        isobar_openwhisk::function::CONTAINER,
        isobar_fn::function::FN,
    ];
    if platform == "lambda" {
        return LambdaPlatform::CAPABILITIES;
    }
    let table = tables.iter().find(|table| table.name == platform);
    table.expect("a table of the platform").capabilities
}

fn capability(waking: Waking) -> Capability {
    let known = [
        Capability::Schedules,
        Capability::Messages,
        Capability::BlobEvents,
        Capability::ChangeEvents,
    ];
    let found = known
        .into_iter()
        .find(|one| one.name() == waking.capability());
    found.expect("a capability of this name")
}

#[test]
fn exports_wake_an_application_by_all_that_its_platforms_declare_and_nothing_else() {
    for target in Target::ALL {
        assert!(!target.platforms().is_empty(), "{target}");
        for platform in target.platforms() {
            let declared = declared(platform);
            for waking in Waking::ALL {
                let exported = target.wakes().contains(&waking);
                assert_eq!(
                    exported,
                    declared.has(capability(waking)),
                    "{target}, {platform}, {waking:?}"
                );
            }
        }
    }
}
