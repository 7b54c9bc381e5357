//! The HTTP API before the function.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::template::{FUNCTION, Template, attribute, prefixed, reference, sub};
use crate::application::{Application, Rate, Route};
use crate::authorizers::{APPLICATION, GATEWAY};
use crate::openapi;

/// Who keeps the rates of routes for all instances together.
pub(super) const LIMITS: &str = "RouteLimits";
const AT_GATEWAY: &str = "LimitsAtGateway";

/// One route for everything: what the application has no route for, it answers itself, as it does
/// elsewhere. Beside it is one for each path that has a rate, which API Gateway can then keep.
pub(super) fn http_api(template: &mut Template<'_>) {
    let application = template.application;
    if application.routes.is_empty() {
        return;
    }
    let api = json!({ "Name": prefixed(&application.name), "ProtocolType": "HTTP" });
    template.resource("Api", "AWS::ApiGatewayV2::Api", api);
    let integration = json!({
        "ApiId": reference("Api"),
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": attribute(FUNCTION, "Arn"),
        "PayloadFormatVersion": "2.0",
    });
    template.resource(
        "ApiIntegration",
        "AWS::ApiGatewayV2::Integration",
        integration,
    );
    let route = json!({
        "ApiId": reference("Api"),
        "RouteKey": "$default",
        "Target": sub("integrations/${ApiIntegration}"),
    });
    template.resource("ApiRoute", "AWS::ApiGatewayV2::Route", route);
    template.comment(
        "/Resources/ApiRoute",
        "Whoever knows the address may call it: the application decides who may do what, \
         or an AWS::ApiGatewayV2::Authorizer does.",
    );
    stage(template);
    let permission = json!({
        "FunctionName": attribute(FUNCTION, "Arn"),
        "Action": "lambda:InvokeFunction",
        "Principal": "apigateway.amazonaws.com",
        "SourceArn": sub("arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*"),
    });
    template.resource("CalledByApi", "AWS::Lambda::Permission", permission);
    template.output(
        "Url",
        "Where the application answers",
        attribute("Api", "ApiEndpoint"),
    );
}

fn stage(template: &mut Template<'_>) {
    let mut stage =
        json!({ "ApiId": reference("Api"), "StageName": "$default", "AutoDeploy": true });
    let rates = rates(template.application);
    if rates.is_empty() {
        template.resource("ApiStage", "AWS::ApiGatewayV2::Stage", stage);
        return;
    }
    let (mut settings, mut routes) = (Map::new(), Vec::new());
    for (key, rate) in rates {
        let id = template.id("ApiRoute", &key);
        let route = json!({
            "ApiId": reference("Api"),
            "RouteKey": key,
            "Target": sub("integrations/${ApiIntegration}"),
        });
        template.resource(&id, "AWS::ApiGatewayV2::Route", route);
        settings.insert(key, setting(rate));
        routes.push(id);
    }
    limits(template);
    let is_gateway = json!({ "Fn::Equals": [reference(LIMITS), GATEWAY] });
    template
        .conditions
        .insert(AT_GATEWAY.to_owned(), is_gateway);
    stage["RouteSettings"] = json!({ "Fn::If": [AT_GATEWAY, settings, reference("AWS::NoValue")] });
    template.resource("ApiStage", "AWS::ApiGatewayV2::Stage", stage);
    // A stage is refused with settings of a route that is not there yet.
    template.resources["ApiStage"]["DependsOn"] = routes.into();
}

/// How a stage is told the rate of a route.
pub(super) fn setting(rate: Rate) -> Value {
    json!({
        "ThrottlingRateLimit": rate.per_second,
        "ThrottlingBurstLimit": rate.burst,
    })
}

/// The parameter that says who keeps the rates.
pub(super) fn limits(template: &mut Template<'_>) {
    let parameter = json!({
        "Type": "String",
        "Description": "Who keeps the rates of routes",
        "AllowedValues": [GATEWAY, APPLICATION],
        "Default": GATEWAY,
    });
    let comment = "api-gateway keeps them for all instances together, and answers 429 without Retry-After; the \
                   application keeps them in each instance, whoever does so before it.";
    template.parameter(LIMITS, parameter, comment);
}

/// The rates by the keys of their routes: one of all methods, which share the rate of a path, or of each
/// where the path has others too.
fn rates(application: &Application) -> BTreeMap<String, Rate> {
    let mut rates = BTreeMap::new();
    for route in &application.routes {
        let Some(rate) = route.rate else {
            continue;
        };
        let path = openapi::path_of(route, |name| format!("{name}+"));
        let keys = methods(application, route);
        let keys = keys
            .into_iter()
            .map(|method| (format!("{method} {path}"), rate));
        rates.extend(keys);
    }
    rates
}

/// The methods of a route by which a path is told apart from others: any where it has no others.
pub(super) fn methods<'r>(application: &'r Application, route: &'r Route) -> Vec<&'r str> {
    let mut others = application.routes.iter();
    let is_alone = !others.any(|other| other.path == route.path && other.methods != route.methods);
    if is_alone { vec!["ANY"] } else { named(route) }
}

/// The methods of a route, of which API Gateway knows all.
pub(super) fn named(route: &Route) -> Vec<&str> {
    let named = route.methods.iter().map(String::as_str);
    let named: Vec<&str> = named.filter(|method| *method != "*").collect();
    if named.is_empty() {
        return vec!["ANY"];
    }
    // A handler of GET answers HEAD as well.
    let has_head = !named.contains(&"GET") || named.contains(&"HEAD");
    let head = (!has_head).then_some("HEAD");
    let keys = named.into_iter().chain(head);
    keys.filter(|method| openapi::is_known(method)).collect()
}
