//! Events of Lambda, from their bytes through the application to the answer, whole and streamed.

#![no_main]

use std::sync::LazyLock;

use bytes::Bytes;
use isobar::function::AppService;
use isobar_aws::LambdaPlatform;
use isobar_aws::function::{INVOKE_MODE, LambdaFunction};
use isobar_fuzz::{app, block_on};
use libfuzzer_sys::fuzz_target;

static FUNCTIONS: LazyLock<[LambdaFunction; 2]> = LazyLock::new(|| {
    let app: AppService = app("lambda", LambdaPlatform::CAPABILITIES);
    let streams = |name: &str| (name == INVOKE_MODE).then(|| "RESPONSE_STREAM".to_owned());
    let streaming = LambdaFunction::with_variables(app.clone(), &streams);
    [
        LambdaFunction::new(app),
        streaming.expect("the mode is known"),
    ]
});

fuzz_target!(|event: &[u8]| {
    let event = Bytes::copy_from_slice(event);
    for function in &*FUNCTIONS {
        // Whether it is answered or refused is the event's doing.
        let _ = block_on(function.invoke(event.clone()));
    }
});
