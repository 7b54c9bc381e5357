//! `helmet`.

mod policy;

use std::sync::Arc;

use self::policy::Setting;
use crate::flow::Flow;
use crate::handler::{Handler, OnRequest};
use crate::value::JsValue;

/// `helmet(options)`: the security headers that helmet 8 sets by default, without `X-Powered-By`.
///
/// Each header's option may be `false`, `true`, or an object: `contentSecurityPolicy` with `directives` of texts, `useDefaults`,
/// `reportOnly`; `policy` of the cross-origin policies and `referrerPolicy`; `maxAge`, `includeSubDomains`, `preload` of
/// `strictTransportSecurity`; `action` of `xFrameOptions`; `allow` of `xDnsPrefetchControl`; `permittedPolicies`. The older names
/// (`hsts`, `frameguard`, …) work too. What helmet refuses is refused here, with other words.
pub fn helmet<S: 'static>(options: impl Into<JsValue>) -> Handler<S> {
    let settings = match policy::settings(&options.into()) {
        Ok(settings) => Arc::new(settings),
        Err(reason) => return Handler::refused(reason),
    };
    let handler: OnRequest<S> = Arc::new(move |_, res, _| {
        let outcome = settings.iter().try_for_each(|setting| match setting {
            Setting::Header(name, value) => res.set_header(name, value.clone()).map(drop),
            Setting::HidePoweredBy => res.remove_header("X-Powered-By").map(drop),
        });
        Box::pin(async { outcome.map(|()| Flow::Next) })
    });
    Handler::on_request(handler)
}
