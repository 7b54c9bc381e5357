//! The front ends: their variables, their questions, and the fields that they add to requests.
//!
//! What each does is told, with its source, by the documentation of the platform's table.

use std::path::Path;

use isobar_alibaba::function::FUNCTION_COMPUTE;
use isobar_azure::function::{FUNCTIONS, HTTP_MODE};
use isobar_gcp::function::CLOUD_RUN;
use isobar_http::function::{FISSION, KNATIVE, OPENFAAS};
use isobar_tencent::function::WEB_FUNCTION;
use uuid::Uuid;

use super::{CLIENT, Contract, LISTEN, Ready, invoked};
use crate::door::{WireRequest, brought};

/// All of them.
pub static CONTRACTS: [Contract; 8] = [
    Contract {
        name: None,
        facts: &CLOUD_RUN,
        variables: |port, _| {
            let mut variables = revision(port);
            variables.push(("CLOUD_RUN_TIMEOUT_SECONDS", "30".to_owned()));
            variables
        },
        ready: Ready::Connects,
        fields: google,
        around: None,
        events: &brought::GOOGLE,
    },
    Contract {
        name: None,
        facts: &FUNCTIONS,
        variables: |port, _| functions(port),
        ready: Ready::AsksForAnything,
        fields: azure,
        around: None,
        events: &brought::AZURE,
    },
    Contract {
        name: Some("azure-functions-invoked"),
        facts: &FUNCTIONS,
        variables: |port, _| {
            let mut variables = functions(port);
            variables.push((HTTP_MODE, "INVOKED".to_owned()));
            variables
        },
        ready: Ready::AsksForAnything,
        fields: azure,
        around: Some(&invoked::HOST),
        events: &brought::AZURE,
    },
    Contract {
        name: None,
        facts: &FUNCTION_COMPUTE,
        variables: |port, _| {
            vec![
                ("FC_FUNCTION_NAME", "probe".to_owned()),
                ("FC_SERVER_PORT", port.to_string()),
            ]
        },
        ready: Ready::Connects,
        fields: alibaba,
        around: None,
        events: &brought::ALIBABA,
    },
    Contract {
        name: None,
        facts: &WEB_FUNCTION,
        variables: |port, _| {
            vec![
                ("TENCENTCLOUD_RUNENV", "SCF".to_owned()),
                ("SCF_FUNCTIONNAME", "probe".to_owned()),
                elsewhere(port),
            ]
        },
        ready: Ready::Connects,
        fields: tencent,
        around: None,
        events: &brought::OWN,
    },
    Contract {
        name: None,
        facts: &KNATIVE,
        variables: |port, _| {
            let mut variables = revision(port);
            variables.push(("KUBERNETES_SERVICE_HOST", "10.96.0.1".to_owned()));
            variables
        },
        ready: Ready::Connects,
        fields: knative,
        around: None,
        events: &brought::KNATIVE,
    },
    Contract {
        name: None,
        facts: &OPENFAAS,
        variables: openfaas_variables,
        ready: Ready::Asks("/_/ready"),
        fields: openfaas,
        around: None,
        events: &brought::OWN,
    },
    Contract {
        name: None,
        facts: &FISSION,
        variables: |port, _| vec![("ISOBAR_PLATFORM", "fission".to_owned()), elsewhere(port)],
        ready: Ready::Specializes,
        fields: fission,
        around: None,
        events: &brought::OWN,
    },
];

/// A port of our own where the platform's is fixed, so that several probes run at once.
fn elsewhere(port: u16) -> (&'static str, String) {
    (LISTEN, format!("127.0.0.1:{port}"))
}

fn functions(port: u16) -> Vec<(&'static str, String)> {
    vec![
        ("FUNCTIONS_CUSTOMHANDLER_PORT", port.to_string()),
        ("FUNCTIONS_WORKER_RUNTIME", "Custom".to_owned()),
    ]
}

fn revision(port: u16) -> Vec<(&'static str, String)> {
    vec![
        ("K_SERVICE", "probe".to_owned()),
        ("K_REVISION", "probe-00001".to_owned()),
        ("K_CONFIGURATION", "probe".to_owned()),
        ("PORT", port.to_string()),
    ]
}

fn openfaas_variables(port: u16, temporary: &Path) -> Vec<(&'static str, String)> {
    vec![
        ("OPENFAAS_NAME", "probe".to_owned()),
        // How long the gateway takes to hear that an instance is to end.
        ("healthcheck_interval", "1s".to_owned()),
        ("port", port.to_string()),
        ("TMPDIR", temporary.to_string_lossy().into_owned()),
    ]
}

fn set(request: &mut WireRequest, name: &str, value: &str) {
    request
        .headers
        .push((name.to_owned(), value.as_bytes().to_vec()));
}

fn find<'r>(request: &'r mut WireRequest, name: &str) -> Option<&'r mut Vec<u8>> {
    let fields = request.headers.iter_mut().rev();
    let mut found = fields.filter(|(found, _)| found.eq_ignore_ascii_case(name));
    found.next().map(|(_, value)| value)
}

/// What a proxy does with `X-Forwarded-For` (RFC 9110 lets it join the values).
fn forward(request: &mut WireRequest, client: &str) {
    match find(request, "x-forwarded-for") {
        Some(value) => value.extend(format!(", {client}").bytes()),
        None => set(request, "X-Forwarded-For", client),
    }
    set(request, "X-Forwarded-Proto", "https");
}

/// What a router does that puts its own host into `Host`: the client's goes into `X-Forwarded-Host`, unless the client has written
/// one of these.
fn put_host(request: &mut WireRequest, own: &str, left: &[&str]) {
    let is_claimed = left.iter().any(|name| find(request, name).is_some());
    let told = if let Some(host) = find(request, "host") {
        std::mem::replace(host, own.as_bytes().to_vec())
    } else {
        set(request, "Host", own);
        b"probe.example.com".to_vec()
    };
    if !is_claimed {
        set(request, "X-Forwarded-Host", &String::from_utf8_lossy(&told));
    }
}

fn google(request: &mut WireRequest, id: &Uuid) -> String {
    forward(request, &CLIENT.to_string());
    let parent =
        find(request, "traceparent").map(|value| String::from_utf8_lossy(value).into_owned());
    let trace = parent.and_then(|parent| Some(parent.split('-').nth(1)?.to_owned()));
    let trace = trace.unwrap_or_else(|| id.simple().to_string());
    set(
        request,
        "X-Cloud-Trace-Context",
        &format!("{trace}/4711;o=1"),
    );
    trace
}

fn azure(request: &mut WireRequest, id: &Uuid) -> String {
    forward(request, &format!("{CLIENT}:50123"));
    set(request, "X-Azure-Functions-HostVersion", "4.1045.200.0");
    set(request, "X-Azure-Functions-InvocationId", &id.to_string());
    id.to_string()
}

fn alibaba(request: &mut WireRequest, id: &Uuid) -> String {
    forward(request, &CLIENT.to_string());
    let id = format!("1-{}", id.simple());
    for (name, value) in [
        ("X-Fc-Control-Path", "/http-invoke"),
        ("X-Fc-Function-Name", "probe"),
        ("X-Fc-Function-Handler", "index.handler"),
        ("X-Fc-Function-Memory", "512"),
        ("X-Fc-Function-Timeout", "30"),
        ("X-Fc-Request-Id", &id),
    ] {
        set(request, name, value);
    }
    id
}

fn tencent(request: &mut WireRequest, id: &Uuid) -> String {
    forward(request, &CLIENT.to_string());
    for (name, value) in [
        ("X-Scf-Memory", "512"),
        ("X-Scf-Name", "probe"),
        ("X-Scf-Namespace", "default"),
        ("X-Scf-Request-Id", id.to_string().as_str()),
        ("X-Scf-Timeout", "30000"),
        ("X-Scf-Version", "$LATEST"),
    ] {
        set(request, name, value);
    }
    id.to_string()
}

fn knative(request: &mut WireRequest, id: &Uuid) -> String {
    forward(request, &CLIENT.to_string());
    set(request, "Forwarded", &format!("for={CLIENT};proto=http"));
    set(request, "K-Proxy-Request", "activator");
    set(request, "X-Request-Id", &id.to_string());
    id.to_string()
}

fn openfaas(request: &mut WireRequest, id: &Uuid) -> String {
    forward(request, &CLIENT.to_string());
    put_host(
        request,
        "probe.openfaas-fn.svc.cluster.local:8080",
        &["x-forwarded-host"],
    );
    set(request, "X-Call-Id", &id.to_string());
    set(request, "X-Start-Time", "1795224480000000000");
    id.to_string()
}

fn fission(request: &mut WireRequest, id: &Uuid) -> String {
    forward(request, &CLIENT.to_string());
    let left = ["forwarded", "x-forwarded-host"];
    put_host(request, "10.244.0.17:8888", &left);
    // A trigger with a prefix has it taken away.
    let prefix = request.stage.take();
    let prefix = prefix.map(|prefix| format!("/{prefix}"));
    let whole = format!("{}{}", prefix.unwrap_or_default(), request.target);
    for (name, value) in [
        ("X-Fission-Function-Name", "probe"),
        ("X-Fission-Function-Namespace", "default"),
        ("X-Fission-Full-Url", whole.as_str()),
        ("X-Fission-Request-ID", id.to_string().as_str()),
    ] {
        set(request, name, value);
    }
    id.to_string()
}
