//! The service for the Serverless Framework: read by the framework itself, and what it makes of it by cfn-lint and beside
//! the template of the same application.

mod standing;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{application, declared, everything, export, isobar, notes, repository, validate};
use crate::migration::{stderr, stdout};
use standing::{granted, standing};

/// What the framework does, with a home of its own, in a directory with a service.
pub(super) fn serverless(verb: &str, directory: &Path, parameters: &[&str]) -> Command {
    let folder = repository("conformance-tests/emulators/serverless");
    let program = folder.join("node_modules/serverless/bin/serverless.js");
    assert!(
        program.is_file(),
        "not run: ./test installs what is in {}",
        folder.display()
    );
    let mut command = Command::new("node");
    command.arg("--require").arg(folder.join("endpoint.cjs"));
    command.arg(program).args([verb, "--region", "us-east-1"]);
    for parameter in parameters {
        command.args(["--param", parameter]);
    }
    command.current_dir(directory);
    command.env("HOME", directory);
    command.env("SLS_TELEMETRY_DISABLED", "1");
    command.env("SLS_NOTIFICATIONS_MODE", "off");
    command
}

/// A service with its package.
pub(super) fn service(program: &Path) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let output = export("aws-serverless", program, directory.path());
    assert!(output.status.success(), "{}", stderr(&output));
    pack(directory.path(), Path::new("/bin/cat"));
    directory
}

/// Puts the package of a program where the service looks for it.
pub(super) fn pack(directory: &Path, program: &Path) {
    let mut package = isobar(&["package", "aws-serverless", "--force"]);
    let archive = directory.join("function.zip");
    let output = package.arg(program).arg("--out").arg(archive).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}

fn package(directory: &TempDir, parameters: &[&str]) -> Output {
    let mut command = serverless("package", directory.path(), parameters);
    command.output().unwrap()
}

/// The CloudFormation that the framework makes.
fn formation(directory: &TempDir, parameters: &[&str]) -> Value {
    let output = package(directory, parameters);
    let told = format!("{}{}", stdout(&output), stderr(&output));
    assert!(output.status.success(), "{told}");
    let made = directory.path().join(MADE);
    serde_json::from_slice(&fs::read(made).unwrap()).unwrap()
}

const MADE: &str = ".serverless/cloudformation-template-update-stack.json";
/// The framework says of resources what they depend on also where they refer to it.
const IGNORED: [&str; 3] = ["--ignore-checks", "W3005", "--"];
const PREFIX: &str = "Prefix=demo-";
/// What the application that declares everything does not start without.
const EVERYTHING: [&str; 4] = [
    PREFIX,
    "SettingPlace=here",
    "SettingLoginIssuer=https://login.example",
    "SecretApiKey=api-key",
];

#[test]
fn the_framework_takes_the_services_and_cfn_lint_what_it_makes_of_them() {
    for (program, parameters) in [(notes(), &[PREFIX][..]), (everything(), &EVERYTHING)] {
        let directory = service(&program);
        for authorizer in ["application", "api-gateway", "lambda-authorizer", "iam"] {
            let chosen = format!("Authorizer={authorizer}");
            let parameters = [parameters, &[chosen.as_str()]].concat();
            formation(&directory, &parameters);
            validate("cfnlint.runner", &IGNORED, &directory.path().join(MADE));
        }
    }
}

/// The application that declares everything, but for callers of routes, whom the template leaves to the other document.
fn open(directory: &TempDir) -> PathBuf {
    let mut description: Value = serde_json::from_str(&declared()).unwrap();
    for route in description["routes"].as_array_mut().unwrap() {
        route.as_object_mut().unwrap().remove("requires");
    }
    application(directory.path(), &description.to_string())
}

/// One that is woken by changes of a table of other code, of whose stream the framework knows nothing.
fn adopting(directory: &TempDir) -> PathBuf {
    let mut description: Value = serde_json::from_str(&declared()).unwrap();
    for member in ["routes", "subscriptions", "topics", "blobTriggers"] {
        description[member] = json!([]);
    }
    description["schedules"] = json!([]);
    description["collections"] = json!([{
        "name": "old", "table": "old", "named": true, "partition": "id", "indexes": [], "adopted": true,
        "native_limits": false, "change_feed": true,
    }]);
    description["changeTriggers"] = json!(["old"]);
    application(directory.path(), &description.to_string())
}

#[test]
fn what_the_framework_makes_stands_where_the_template_has_it() {
    let (place, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let adopting = adopting(&other);
    for (program, parameters) in [
        (notes(), &[PREFIX][..]),
        (open(&place), &EVERYTHING),
        (adopting.clone(), &EVERYTHING),
    ] {
        let directory = service(&program);
        let output = export("aws", &program, directory.path());
        assert!(output.status.success(), "{}", stderr(&output));
        let template = super::parsed(&directory.path().join("template.yaml"));
        let made = formation(&directory, parameters);

        let own = granted(&template, parameters);
        let of_framework = granted(&made, parameters);
        let missing: Vec<_> = own.difference(&of_framework).collect();
        assert!(missing.is_empty(), "{missing:#?}");
        if program == adopting {
            let has = |action: &str| own.iter().any(|one| one.starts_with(action));
            assert!(has("dynamodb:ListStreams "), "{own:#?}");
            assert!(has("sqs:SendMessage "), "{own:#?}");
        }
        let more = of_framework.difference(&own);
        // What the framework adds for dead letters of a stream.
        let more: Vec<_> = more
            .filter(|one| !one.starts_with("sqs:ListQueues "))
            .collect();
        assert!(more.is_empty(), "{more:#?}");

        let own = standing(&template, parameters);
        assert!(own.len() >= 7 || program == adopting, "{own:#?}");
        assert_eq!(standing(&made, parameters), own);
    }
}

#[test]
fn an_argument_that_the_framework_does_not_know_and_a_value_that_is_not_given_are_told() {
    let directory = service(&everything());
    let output = package(&directory, &[PREFIX]);
    let told = format!("{}{}", stdout(&output), stderr(&output));
    assert!(!output.status.success(), "{told}");
    assert!(told.contains("SettingPlace"), "{told}");
    let output = package(
        &directory,
        &[&EVERYTHING[..], &["Authorizer=gateway"]].concat(),
    );
    assert!(!output.status.success(), "{}", stdout(&output));

    let file = directory.path().join("serverless.yml");
    let text = fs::read_to_string(&file).unwrap();
    for (known, unknown) in [
        ("functionResponseType:", "functionResponseTypes:"),
        ("versionFunctions:", "versionedFunctions:"),
    ] {
        fs::write(&file, text.replace(known, unknown)).unwrap();
        let output = package(&directory, &EVERYTHING);
        let told = format!("{}{}", stdout(&output), stderr(&output));
        assert!(!output.status.success(), "{unknown} {told}");
        assert!(told.contains("Configuration error"), "{told}");
    }
}

/// The routes with what API Gateway asks for on each.
fn routes(made: &Value) -> Value {
    let resources = made["Resources"].as_object().unwrap().values();
    let routes = resources.filter(|resource| resource["Type"] == "AWS::ApiGatewayV2::Route");
    let routes = routes.map(|route| {
        let route = &route["Properties"];
        let key = route["RouteKey"].as_str().unwrap().to_owned();
        let asked = json!([route["AuthorizerId"]["Ref"], route["AuthorizationScopes"]]);
        (key, asked)
    });
    routes.collect()
}

/// What the authorizers ask for.
fn authorizers(made: &Value) -> Value {
    let resources = made["Resources"].as_object().unwrap().values();
    let authorizers = resources.filter(|one| one["Type"] == "AWS::ApiGatewayV2::Authorizer");
    let asked = authorizers.map(|one| one["Properties"]["JwtConfiguration"].clone());
    asked.collect()
}

#[test]
fn api_gateway_lets_everybody_through_and_keeps_rates_unless_it_is_told_otherwise() {
    let made = formation(&service(&everything()), &EVERYTHING);
    let nothing = json!([null, null]);
    let open = json!({
        "$default": nothing,
        "ANY /any/{id}": nothing,
        "ANY /legacy": nothing,
        "ANY /legacy/{proxy+}": nothing,
        "GET /files/{path+}": nothing,
        "HEAD /files/{path+}": nothing,
        "POST /orders": nothing,
    });
    assert_eq!(routes(&made), open);
    assert_eq!(authorizers(&made), json!([]));
    let stage = &made["Resources"]["HttpApiStage"];
    let rate = json!({ "POST /orders": { "ThrottlingRateLimit": 5, "ThrottlingBurstLimit": 20 } });
    assert_eq!(stage["Properties"]["RouteSettings"], rate);
    assert_eq!(stage["DependsOn"], json!(["HttpApiRoutePostOrders"]));
}

#[test]
fn api_gateway_checks_callers_and_leaves_rates_to_the_application_where_it_is_told_to() {
    let told = ["Authorizer=api-gateway", "RouteLimits=application"];
    let parameters = [&EVERYTHING[..], &told].concat();
    let made = formation(&service(&everything()), &parameters);
    let (nothing, login) = (
        json!([null, null]),
        json!(["HttpApiAuthorizerLogin", ["files:read"]]),
    );
    let expected = json!({
        "$default": nothing,
        "ANY /any/{id}": nothing,
        "ANY /legacy": nothing,
        "ANY /legacy/{proxy+}": nothing,
        "GET /files/{path+}": login,
        "HEAD /files/{path+}": login,
        "POST /orders": ["HttpApiAuthorizerPartners", null],
    });
    assert_eq!(routes(&made), expected);
    let audience = ["everything"];
    let both = json!([
        { "Audience": audience, "Issuer": "https://login.example" },
        { "Audience": audience, "Issuer": "https://partners.example" },
    ]);
    assert_eq!(authorizers(&made), both);
    let variables = &made["Resources"]["ApplicationLambdaFunction"]["Properties"]["Environment"];
    assert_eq!(variables["Variables"]["ISOBAR_AUTHORIZER"], "api-gateway");
    let settings = &made["Resources"]["HttpApiStage"]["Properties"]["RouteSettings"];
    assert_eq!(settings, &json!({ "Ref": "AWS::NoValue" }));
}

#[test]
fn settings_reach_the_function_as_they_are_and_one_that_may_be_left_out_is_left_out() {
    let directory = tempfile::tempdir().unwrap();
    let mut description: Value = serde_json::from_str(&declared()).unwrap();
    let odd = r"a ${env:HOME} b\${self:service} c\ ${x} {{y}}";
    description["settings"][0]["default"] = odd.into();
    let program = application(directory.path(), &description.to_string());
    let directory = service(&program);
    let variables = |parameters: &[&str]| {
        let made = formation(&directory, parameters);
        let function = &made["Resources"]["ApplicationLambdaFunction"]["Properties"];
        assert_eq!(function["Runtime"], "provided.al2023");
        assert_eq!(function["LoggingConfig"]["LogFormat"], "JSON");
        assert_eq!(function["Timeout"], 30);
        function["Environment"]["Variables"].clone()
    };
    let set = variables(&EVERYTHING);
    assert_eq!(set["GREETING"], odd);
    assert_eq!(set["PLACE"], "here");
    assert_eq!(set["API_KEY"], "{{resolve:secretsmanager:api-key}}");
    assert_eq!(set["ISOBAR_PREFIX"], json!({ "Ref": "Prefix" }));
    assert_eq!(set.get("MOOD"), None);
    let set = variables(&[&EVERYTHING[..], &["SettingMood=good"]].concat());
    assert_eq!(set["MOOD"], "good");
}

#[test]
fn a_prefix_is_checked_before_anything_is_made_and_may_be_empty_where_no_name_needs_one() {
    let directory = service(&notes());
    let checked = |parameters: &[&str], default: &str| {
        let made = formation(&directory, parameters);
        let prefix = &made["Parameters"]["Prefix"];
        assert_eq!(prefix["Default"], default);
        assert_eq!(prefix["AllowedPattern"], "^([a-z0-9][a-z0-9-]{0,20}-)?$");
        let function = &made["Resources"]["ApplicationLambdaFunction"]["Properties"];
        let name = function["FunctionName"].as_str().unwrap().to_owned();
        let linted = super::checked("cfnlint.runner", &IGNORED, &directory.path().join(MADE));
        assert_eq!(linted.status.success(), linted.stdout.is_empty());
        (name, stdout(&linted))
    };
    let (name, told) = checked(&[PREFIX], "demo-");
    assert_eq!((name.as_str(), told.as_str()), ("demo-notes", ""));
    let (_, told) = checked(&["Prefix=prod"], "prod");
    assert!(told.contains("E2015"), "{told}");

    let file = directory.path().join("serverless.yml");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("for no prefix write"), "{text}");
    let params = "\nparams:\n  default:\n";
    let none = format!("{params}    Prefix: \"\"\n");
    let text = if text.contains(params) {
        text.replace(params, &none)
    } else {
        text.replace("\nprovider:\n", &format!("{none}provider:\n"))
    };
    fs::write(&file, text).unwrap();
    let (name, told) = checked(&[], "");
    assert_eq!((name.as_str(), told.as_str()), ("notes", ""));
}

#[test]
fn options_needs_no_token_where_a_route_answers_every_method() {
    let directory = tempfile::tempdir().unwrap();
    let mut description: Value = serde_json::from_str(&declared()).unwrap();
    for route in description["routes"].as_array_mut().unwrap() {
        if route["path"] == "/any/{id}" {
            route["requires"] = json!([{ "authorizer": "partners", "scopes": [] }]);
        }
    }
    let program = application(directory.path(), &description.to_string());
    let parameters = [&EVERYTHING[..], &["Authorizer=api-gateway"]].concat();
    let routes = routes(&formation(&service(&program), &parameters));
    let partners = json!(["HttpApiAuthorizerPartners", null]);
    assert_eq!(routes["ANY /any/{id}"], partners);
    assert_eq!(routes["OPTIONS /any/{id}"], json!([null, null]));
}
