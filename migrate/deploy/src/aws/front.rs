//! The HTTP API before the function.

use serde_json::json;

use super::template::{FUNCTION, Template, attribute, prefixed, reference, sub};

/// One route for everything: what the application has no route for, it answers itself, as it does
/// elsewhere.
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
    let stage = json!({ "ApiId": reference("Api"), "StageName": "$default", "AutoDeploy": true });
    template.resource("ApiStage", "AWS::ApiGatewayV2::Stage", stage);
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
