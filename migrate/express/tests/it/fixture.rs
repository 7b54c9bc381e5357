//! The fixture application of `conformance-tests/emulators/express/fixture`, ported: one application for each group of requests.

mod answers;
mod bodies;
mod echo;
mod failures;
mod mounts;
mod request;
mod routes;

use std::collections::HashMap;

use isobar_express::{Express, ExpressService, Profile, Router, array};

type Group = (&'static str, Express, Router);

/// The services by the name of their group.
pub(crate) struct Fixture(HashMap<&'static str, ExpressService<()>>);

impl Fixture {
    pub(crate) fn new(profile: Profile) -> Self {
        let express = || Express::new(profile).set("env", "production");
        let strict = express()
            .enable("strict routing")
            .enable("case sensitive routing");
        let no_etag = express().set("etag", false).set("json spaces", "\t");
        let local = express().set("trust proxy", array!["loopback", "10.0.0.0/8"]);
        let parser = |name: &'static str| express().set("query parser", name);
        let development = || Express::new(profile);
        let groups: [Group; 21] = [
            ("routes", express(), routes::routes(profile)),
            ("strict", strict, routes::strict()),
            ("mounts", express(), mounts::mounts(profile)),
            ("answers", express(), answers::answers(profile)),
            (
                "settings",
                answers::settings_of(express()),
                answers::settings(),
            ),
            ("no-etag", no_etag, answers::no_etag()),
            ("request", express(), request::request()),
            (
                "trust-all",
                express().set("trust proxy", true),
                request::request(),
            ),
            (
                "trust-one",
                express().set("trust proxy", 1),
                request::request(),
            ),
            ("trust-local", local, request::request()),
            ("query-simple", parser("simple"), request::query()),
            ("query-extended", parser("extended"), request::query()),
            (
                "query-off",
                express().set("query parser", false),
                request::query(),
            ),
            ("bodies", express(), bodies::bodies()),
            ("cookies", express(), bodies::cookies()),
            ("cors", express(), bodies::cross_origin()),
            ("helmet", express(), bodies::secured()),
            ("compression", express(), bodies::compressed()),
            ("failures", express(), failures::failures()),
            ("failures-dev", development(), failures::failures()),
            ("empty", development(), Router::new()),
        ];
        let service = |(name, express, router): Group| (name, express.service(router, ()).unwrap());
        Self(groups.into_iter().map(service).collect())
    }

    pub(crate) fn group(&self, name: &str) -> &ExpressService<()> {
        &self.0[name]
    }
}
