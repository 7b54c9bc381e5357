//! The platforms that have a table: those that are linked, and what is left of those that are not.

#[cfg(feature = "openwhisk")]
use std::collections::BTreeMap;
use std::sync::Arc;

use isobar::Result;
use isobar::driver::Clock;
use isobar::driver::function::{FunctionDriver, LogReader};

#[cfg(feature = "_platforms")]
use isobar_serve::{PlatformFacts, Variables};

use super::not_linked;
use crate::config::Config;

/// A platform, and the clock of the runtime under it.
pub(crate) type Platformed = (Arc<dyn FunctionDriver>, Arc<dyn Clock>);

/// One such platform.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Served {
    /// The feature that links it.
    pub(crate) feature: &'static str,
    link: Link,
    /// How it is waited for, where it tells variables only after it has started the process.
    #[cfg(feature = "openwhisk")]
    told: Option<Told>,
}

/// Waits for a platform that tells variables only after it has started the process.
#[cfg(feature = "openwhisk")]
type Told = for<'v> fn(&'v Variables<'v>) -> Telling<'v>;
#[cfg(feature = "openwhisk")]
type Telling<'v> =
    std::pin::Pin<Box<dyn Future<Output = Result<ToldLate<Arc<dyn FunctionDriver>>>> + Send + 'v>>;

/// What a platform has told after it had started the process.
#[cfg(feature = "openwhisk")]
pub(crate) enum ToldLate<P> {
    /// It tells nothing then.
    Nothing,
    /// These variables.
    Variables(P, BTreeMap<String, String>),
    /// It has ended the process instead.
    End,
}

#[derive(Debug, Clone, Copy)]
#[cfg_attr(
    all(
        feature = "cloud-run",
        feature = "azure-functions",
        feature = "alibaba-fc",
        feature = "tencent-scf",
        feature = "http",
        feature = "fn",
        feature = "openwhisk"
    ),
    expect(dead_code, reason = "everything is linked")
)]
enum Link {
    #[cfg(feature = "_platforms")]
    Present {
        facts: &'static PlatformFacts,
        bind: Bind,
    },
    /// Enough to say what is missing.
    Absent {
        name: &'static str,
        title: &'static str,
        marker: Option<&'static str>,
    },
}

#[cfg(feature = "_platforms")]
type Bind = for<'v> fn(&'v Variables<'v>) -> Binding<'v>;
#[cfg(feature = "_platforms")]
type Binding<'v> =
    std::pin::Pin<Box<dyn Future<Output = Result<Arc<dyn FunctionDriver>>> + Send + 'v>>;

#[cfg(feature = "_platforms")]
fn bound<'v, P: FunctionDriver>(
    binding: impl Future<Output = Result<P>> + Send + 'v,
) -> Binding<'v> {
    Box::pin(async { Ok(Arc::new(binding.await?) as Arc<dyn FunctionDriver>) })
}

#[cfg(feature = "_platforms")]
const fn present(feature: &'static str, facts: &'static PlatformFacts, bind: Bind) -> Served {
    let link = Link::Present { facts, bind };
    Served {
        feature,
        link,
        #[cfg(feature = "openwhisk")]
        told: None,
    }
}

#[cfg(not(all(
    feature = "cloud-run",
    feature = "azure-functions",
    feature = "alibaba-fc",
    feature = "tencent-scf",
    feature = "http",
    feature = "fn",
    feature = "openwhisk"
)))]
const fn absent(
    feature: &'static str,
    [name, title]: [&'static str; 2],
    marker: Option<&'static str>,
) -> Served {
    let link = Link::Absent {
        name,
        title,
        marker,
    };
    Served {
        feature,
        link,
        #[cfg(feature = "openwhisk")]
        told: None,
    }
}

/// In the order in which their markers are looked for.
pub(crate) const SERVED: &[Served] = &[
    #[cfg(feature = "cloud-run")]
    present("cloud-run", &isobar_gcp::function::CLOUD_RUN, |variables| {
        bound(isobar_gcp::function::bind(variables))
    }),
    #[cfg(feature = "http")]
    present("http", &isobar_http::function::KNATIVE, |variables| {
        bound(isobar_http::function::bind_knative(variables))
    }),
    #[cfg(not(feature = "http"))]
    absent(
        "http",
        ["knative", "Knative"],
        Some("KUBERNETES_SERVICE_HOST"),
    ),
    #[cfg(not(feature = "cloud-run"))]
    absent(
        "cloud-run",
        ["cloud-run", "Google Cloud Run"],
        Some("K_SERVICE"),
    ),
    #[cfg(feature = "azure-functions")]
    present(
        "azure-functions",
        &isobar_azure::function::FUNCTIONS,
        |variables| bound(isobar_azure::function::bind(variables)),
    ),
    #[cfg(not(feature = "azure-functions"))]
    absent(
        "azure-functions",
        ["azure-functions", "Azure Functions"],
        Some("FUNCTIONS_CUSTOMHANDLER_PORT"),
    ),
    #[cfg(feature = "alibaba-fc")]
    present(
        "alibaba-fc",
        &isobar_alibaba::function::FUNCTION_COMPUTE,
        |variables| bound(isobar_alibaba::function::bind(variables)),
    ),
    #[cfg(not(feature = "alibaba-fc"))]
    absent(
        "alibaba-fc",
        ["alibaba-fc", "Alibaba Function Compute"],
        Some("FC_SERVER_PORT"),
    ),
    #[cfg(feature = "tencent-scf")]
    present(
        "tencent-scf",
        &isobar_tencent::function::EVENT_FUNCTION,
        |variables| {
            bound(std::future::ready(isobar_tencent::function::open_events(
                variables,
            )))
        },
    ),
    #[cfg(not(feature = "tencent-scf"))]
    absent(
        "tencent-scf",
        ["tencent-scf-events", "Tencent SCF event function"],
        Some("SCF_RUNTIME_API"),
    ),
    #[cfg(feature = "tencent-scf")]
    present(
        "tencent-scf",
        &isobar_tencent::function::WEB_FUNCTION,
        |variables| bound(isobar_tencent::function::bind(variables)),
    ),
    #[cfg(not(feature = "tencent-scf"))]
    absent(
        "tencent-scf",
        ["tencent-scf", "Tencent SCF"],
        Some("TENCENTCLOUD_RUNENV"),
    ),
    #[cfg(feature = "http")]
    present("http", &isobar_http::function::OPENFAAS, |variables| {
        bound(isobar_http::function::bind_openfaas(variables))
    }),
    #[cfg(not(feature = "http"))]
    absent("http", ["openfaas", "OpenFaaS"], Some("OPENFAAS_NAME")),
    #[cfg(feature = "fn")]
    present("fn", &isobar_fn::function::FN, |variables| {
        bound(std::future::ready(isobar_fn::function::bind(variables)))
    }),
    #[cfg(not(feature = "fn"))]
    absent("fn", ["fn", "Fn"], Some("FN_LISTENER")),
    #[cfg(feature = "openwhisk")]
    present(
        "openwhisk",
        &isobar_openwhisk::function::ACTION_LOOP,
        |variables| {
            bound(std::future::ready(isobar_openwhisk::function::open_loop(
                variables,
            )))
        },
    ),
    #[cfg(not(feature = "openwhisk"))]
    absent(
        "openwhisk",
        ["openwhisk-loop", "OpenWhisk ActionLoop"],
        Some("__OW_ACTION_NAME"),
    ),
    #[cfg(feature = "openwhisk")]
    present(
        "openwhisk",
        &isobar_openwhisk::function::CONTAINER,
        |variables| bound(isobar_openwhisk::function::bind_container(variables)),
    )
    .telling(|variables| {
        Box::pin(async move {
            let container = isobar_openwhisk::function::bind_container(variables).await?;
            let told = container.initialised().await?;
            Ok(told.map_or(ToldLate::End, |told| {
                ToldLate::Variables(Arc::new(container) as Arc<dyn FunctionDriver>, told)
            }))
        })
    }),
    #[cfg(not(feature = "openwhisk"))]
    absent(
        "openwhisk",
        ["openwhisk", "OpenWhisk container"],
        Some("__OW_API_HOST"),
    ),
    #[cfg(feature = "http")]
    present("http", &isobar_http::function::FISSION, |variables| {
        bound(isobar_http::function::bind_fission(variables))
    }),
    #[cfg(not(feature = "http"))]
    absent("http", ["fission", "Fission"], None),
];

impl Served {
    #[cfg(feature = "openwhisk")]
    const fn telling(mut self, told: Told) -> Self {
        self.told = Some(told);
        self
    }

    /// Takes its port and waits for the variables that it tells, where it tells any after it has started the process.
    #[cfg(feature = "openwhisk")]
    pub(crate) async fn told(&self, config: &Config) -> Result<ToldLate<Platformed>> {
        let Some(told) = self.told else {
            return Ok(ToldLate::Nothing);
        };
        Ok(match told(&config.lookup()).await? {
            ToldLate::Nothing => ToldLate::Nothing,
            ToldLate::Variables(platform, variables) => {
                ToldLate::Variables((platform, Arc::new(isobar_serve::clock())), variables)
            }
            ToldLate::End => ToldLate::End,
        })
    }

    /// The name in `ISOBAR_PLATFORM`.
    pub(crate) fn name(&self) -> &'static str {
        match self.link {
            #[cfg(feature = "_platforms")]
            Link::Present { facts, .. } => facts.name,
            Link::Absent { name, .. } => name,
        }
    }

    /// Whether its marker is there.
    pub(super) fn is_here(&self, config: &Config) -> bool {
        match self.link {
            #[cfg(feature = "_platforms")]
            Link::Present { facts, .. } => facts.detects(&config.lookup()),
            Link::Absent { marker, .. } => {
                marker.is_some_and(|marker| config.get(marker).is_some())
            }
        }
    }

    /// The front doors that check callers.
    pub(super) fn front_doors(&self) -> Vec<&'static str> {
        match self.link {
            #[cfg(feature = "_platforms")]
            Link::Present { facts, .. } => facts.front_doors.iter().map(|door| door.name).collect(),
            Link::Absent { .. } => Vec::new(),
        }
    }

    /// Who reads what its processes log.
    pub(crate) fn log_reader(&self) -> LogReader {
        match self.link {
            #[cfg(feature = "_platforms")]
            Link::Present { facts, .. } => facts.logs,
            Link::Absent { .. } => LogReader::Anybody,
        }
    }

    /// Whether its processes run between invocations.
    #[cfg(feature = "otlp")]
    pub(crate) fn runs_between(&self) -> bool {
        match self.link {
            #[cfg(feature = "_platforms")]
            Link::Present { facts, .. } => facts.runs_between,
            Link::Absent { .. } => true,
        }
    }

    /// Takes its port or what it has instead, or says which feature links it.
    pub(crate) async fn open(&self, config: &Config) -> Result<Platformed> {
        match self.link {
            #[cfg(feature = "_platforms")]
            Link::Present { bind, .. } => {
                let platform = bind(&config.lookup()).await?;
                Ok((platform, Arc::new(isobar_serve::clock())))
            }
            Link::Absent { title, .. } => {
                std::future::ready(Err(not_linked(title, self.feature))).await
            }
        }
    }

    /// What is known of it.
    #[cfg(all(feature = "_platforms", any(test, feature = "machine")))]
    pub(crate) fn facts(&self) -> Option<&'static PlatformFacts> {
        match self.link {
            Link::Present { facts, .. } => Some(facts),
            Link::Absent { .. } => None,
        }
    }
}
