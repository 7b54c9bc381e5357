//! The HTTP API: one route for everything, and beside it those that API Gateway keeps callers or numbers of requests from.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Template;
use crate::application::{Application, Authorizer, Given, Rate, Requirement, Route};
use crate::authorizers::{APPLICATION, GATEWAY, IAM, LAMBDA};
use crate::aws::front::{self, LIMITS};
use crate::aws::template::{prefixed, reference};
use crate::environment::FILL_IN;
use crate::error::{Error, Result};
use crate::names::{Names, Rule, is_of};
use crate::openapi;
use crate::yaml::Comment;

/// The framework makes logical ids of them.
///
/// <https://github.com/serverless/serverless/blob/v3.40.0/lib/plugins/aws/lib/naming.js>
const AUTHORIZER: Rule = Rule {
    kind: "authorizer of the Serverless Framework",
    takes: |name| is_of(name, (1, 128), "-_"),
    words: "1 to 128 letters, digits, `-` and `_`",
};

const OPEN: &str = "\
Whoever knows the address may call it: the application decides who may do what, or an authorizer does.";
const CHECKS: &str = "\
With the parameter Authorizer as api-gateway, API Gateway checks callers by these, and the function takes its word. It takes
tokens of RSA keys only (RS256, RS384, RS512), and finds the keys by discovery below issuerUrl.";

/// What a service has of an API.
#[derive(Default)]
pub(super) struct Api {
    /// What the framework makes it of.
    pub(super) settings: Map<String, Value>,
    /// What the parameters choose from.
    pub(super) custom: Map<String, Value>,
    pub(super) events: Vec<Value>,
    /// What the stage has beside what the framework gives it.
    pub(super) extension: Option<Value>,
    pub(super) comments: Vec<Comment>,
    pub(super) notes: Vec<String>,
}

/// A route beside the one for everything.
#[derive(Clone, Copy)]
struct Kept<'a> {
    rate: Option<Rate>,
    asked: Option<&'a Requirement>,
}

/// What each says of a caller, by a name that is an address of the framework.
type Callers<'a> = BTreeMap<(&'a str, &'a [String]), String>;

pub(super) fn of(template: &mut Template<'_>) -> Result<Api> {
    let application = template.application;
    let mut api = Api::default();
    if application.routes.is_empty() {
        return Ok(api);
    }
    let name = prefixed(&application.name);
    api.settings.insert("name".to_owned(), name);
    api.events.push(json!({ "httpApi": "*" }));
    let at = format!("/functions/{}/events/0", super::FUNCTION);
    api.comments.push(Comment::new(at, OPEN));
    let known = api.authorizers(template)?;
    let routes = kept(application, &known);
    let mut callers = Callers::new();
    let mut names = Names::default();
    for (key, kept) in &routes {
        let (method, path) = key.split_once(' ').unwrap_or((key, ""));
        let method = if method == "ANY" { "*" } else { method };
        let mut event = json!({ "method": method, "path": path });
        if let Some(asked) = kept.asked {
            let label = names_caller(&mut callers, &mut names, asked);
            let chosen = format!("${{self:custom.callers.${{param:Authorizer}}.{label}, null}}");
            event["authorizer"] = chosen.into();
        }
        api.events.push(json!({ "httpApi": event }));
    }
    api.callers(&callers);
    api.rates(template, &routes)?;
    Ok(api)
}

fn names_caller<'a, 'c>(
    callers: &'c mut Callers<'a>,
    names: &mut Names,
    asked: &'a Requirement,
) -> &'c str {
    let key = (asked.authorizer.as_str(), asked.scopes.as_slice());
    let words = format!("{} {}", asked.authorizer, asked.scopes.join(" "));
    callers.entry(key).or_insert_with(|| names.label(&words))
}

impl Api {
    /// Those that API Gateway can check, which are made where it is asked to.
    fn authorizers<'a>(&mut self, template: &Template<'a>) -> Result<Vec<&'a str>> {
        let (mut made, mut known) = (Map::new(), Vec::new());
        for authorizer in &template.application.authorizers {
            let name = authorizer.name.as_str();
            AUTHORIZER.check(("authorizer", name), name)?;
            let Some(audience) = &authorizer.audience else {
                self.notes.push(format!(
                    "the authorizer {name:?} names no audience, which the Serverless Framework asks for: callers are checked \
                     by the application alone, which has to be its own (Authorizer=application)"
                ));
                continue;
            };
            made.insert(name.to_owned(), made_of(template, authorizer, audience));
            known.push(name);
        }
        if !made.is_empty() {
            let chosen = "${self:custom.authorizers.${param:Authorizer}}";
            self.settings
                .insert("authorizers".to_owned(), chosen.into());
            let choice = json!({ APPLICATION: {}, GATEWAY: made, LAMBDA: {}, IAM: {} });
            self.custom.insert("authorizers".to_owned(), choice);
            self.comments
                .push(Comment::new("/custom/authorizers", CHECKS));
        }
        Ok(known)
    }

    fn callers(&mut self, callers: &Callers<'_>) {
        if callers.is_empty() {
            return;
        }
        let mut named = Map::new();
        for ((authorizer, scopes), label) in callers {
            let mut caller = json!({ "name": authorizer });
            if !scopes.is_empty() {
                caller["scopes"] = json!(scopes);
            }
            named.insert(label.clone(), caller);
        }
        self.custom
            .insert("callers".to_owned(), json!({ GATEWAY: named }));
    }

    /// The framework has no words for the rates of a stage.
    fn rates(
        &mut self,
        template: &mut Template<'_>,
        routes: &BTreeMap<String, Kept<'_>>,
    ) -> Result<()> {
        let (mut settings, mut ids) = (Map::new(), BTreeMap::new());
        for (key, kept) in routes {
            if let Some(other) = ids.insert(route_id(key), key) {
                return Err(Error::unsupported(format!(
                    "the Serverless Framework gives the routes {other:?} and {key:?} one logical id, and would make one of \
                     them: change a path, or export for aws"
                )));
            }
            if let Some(rate) = kept.rate {
                settings.insert(key.clone(), front::setting(rate));
            }
        }
        if settings.is_empty() {
            return Ok(());
        }
        front::limits(template);
        let rated = ids
            .into_iter()
            .filter(|(_, key)| settings.contains_key(*key));
        let rated: Vec<String> = rated.map(|(id, _)| id).collect();
        let choice = json!({ APPLICATION: reference("AWS::NoValue"), GATEWAY: settings });
        self.custom.insert("routeSettings".to_owned(), choice);
        let chosen = format!("${{self:custom.routeSettings.${{param:{LIMITS}}}}}");
        // A stage is refused with settings of a route that is not there yet.
        self.extension =
            Some(json!({ "DependsOn": rated, "Properties": { "RouteSettings": chosen } }));
        Ok(())
    }
}

fn made_of(template: &Template<'_>, authorizer: &Authorizer, audience: &Given) -> Value {
    let value = |given: &Given| -> Value {
        match given {
            Given::Value(value) => value.as_str().into(),
            Given::Setting(name) => match template.id_of("Setting", name) {
                Some(id) => format!("${{param:{id}}}").into(),
                None => FILL_IN.into(),
            },
        }
    };
    json!({
        "type": "jwt",
        "identitySource": "$request.header.Authorization",
        "issuerUrl": value(&authorizer.issuer),
        "audience": [value(audience)],
    })
}

/// The routes of which API Gateway keeps something, by their keys. Where it asks for callers of any, all have one: a path
/// of one that asks, such as `/{name}`, would else take the callers of another, such as `/open`.
fn kept<'a>(application: &'a Application, known: &[&str]) -> BTreeMap<String, Kept<'a>> {
    let asked_of = |route: &'a Route| {
        let asked = route.requires.first();
        asked.filter(|asked| known.contains(&asked.authorizer.as_str()))
    };
    let mut all = application.routes.iter();
    let asks = all.any(|route| asked_of(route).is_some());
    let mut routes: BTreeMap<String, Kept<'a>> = BTreeMap::new();
    for route in &application.routes {
        if !asks && route.rate.is_none() {
            continue;
        }
        let (asked, rate) = (asked_of(route), route.rate);
        // With its own methods alone, and OPTIONS apart from all, so that whoever asks by it what it may do needs no token.
        let methods = match asked {
            Some(_) => front::named(route),
            None => front::methods(application, route),
        };
        for path in openapi::paths_of(route, |name| format!("{name}+")) {
            let keys = methods.iter().map(|method| format!("{method} {path}"));
            routes.extend(keys.map(|key| (key, Kept { rate, asked })));
            if asked.is_some() && methods.contains(&"ANY") {
                let open = Kept { rate, asked: None };
                let own = routes.entry(format!("OPTIONS {path}"));
                own.or_insert(open);
            }
        }
    }
    routes
}

/// The logical id that the framework gives a route.
///
/// <https://github.com/serverless/serverless/blob/v3.40.0/lib/plugins/aws/lib/naming.js>
fn route_id(key: &str) -> String {
    let parts = key.split('/').map(|part| {
        let part = part.to_lowercase().replace('-', "Dash");
        let part = match (part.find('{'), part.rfind('}')) {
            (Some(begin), Some(end)) if begin < end => {
                let (before, name) = (&part[..begin], &part[begin + 1..end]);
                format!("{before}{name}Var{}", &part[end + 1..])
            }
            _ => part,
        };
        let plain: String = part.chars().filter(char::is_ascii_alphanumeric).collect();
        let (first, rest) = plain.split_at(plain.len().min(1));
        first.to_ascii_uppercase() + rest
    });
    format!("HttpApiRoute{}", parts.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_have_the_ids_that_the_framework_gives_them() {
        for (key, id) in [
            ("GET /files/{path+}", "HttpApiRouteGetFilesPathVar"),
            ("ANY /sign-in", "HttpApiRouteAnySignDashin"),
            ("POST /", "HttpApiRoutePost"),
            ("GET /aB_c", "HttpApiRouteGetAbc"),
        ] {
            assert_eq!(route_id(key), id);
        }
    }
}
