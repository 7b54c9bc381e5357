//! Scanners that use tokio-postgres, on a server, over a table whose JSON has a column of its own name.

use std::time::Duration;

use async_trait::async_trait;
use isobar_conformance::emulator::Emulator;
use serde_json::{Value, json};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls};

use crate::application;
use crate::scanners::{DEPOT, Scan, Scanners};

/// The table that the scanners have always had, and the view by which the application adopts it.
const THEIRS: &str = "
    CREATE TABLE scans (
        depot text NOT NULL, parcel text NOT NULL, data jsonb NOT NULL, PRIMARY KEY (depot, parcel)
    );
    CREATE VIEW parcels AS SELECT depot, parcel, data AS _doc FROM scans;
    CREATE ROLE keeper;
    CREATE ROLE parcels LOGIN;
    GRANT CREATE ON SCHEMA public TO keeper;
";

pub(crate) struct Depots {
    client: Client,
    server: Emulator,
}

impl Depots {
    /// The application's own tables are those that it asks for.
    pub(crate) async fn start() -> Self {
        let server = Emulator::start_postgres().await.unwrap();
        let client = connect(&server.url).await;
        client.batch_execute(THEIRS).await.unwrap();
        let depots = Self { client, server };
        let variables = [("ISOBAR_DOCUMENTS", format!("{}?owner=keeper", depots.url()))];
        let sql = application::output(&["--export"], &variables);
        depots.client.batch_execute(&sql).await.unwrap();
        depots
    }

    /// As the application signs in: it owns nothing.
    fn url(&self) -> String {
        self.server.url.replace("//postgres@", "//parcels@")
    }
}

/// A server that listens may still be starting.
async fn connect(url: &str) -> Client {
    loop {
        match tokio_postgres::connect(url, NoTls).await {
            Ok((client, connection)) => {
                tokio::spawn(connection);
                return client;
            }
            Err(error) if error.code() == Some(&SqlState::CANNOT_CONNECT_NOW) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[async_trait]
impl Scanners for Depots {
    fn variables(&self) -> Vec<(&'static str, String)> {
        vec![("ISOBAR_DOCUMENTS", self.url())]
    }

    async fn write(&self, scan: &Scan) {
        let data = json!({ "state": scan.state, "grams": scan.grams, "gate": scan.gate });
        let sql = "INSERT INTO scans VALUES ($1, $2, $3::text::jsonb)
            ON CONFLICT (depot, parcel) DO UPDATE SET data = EXCLUDED.data";
        let values = [DEPOT, scan.parcel, &data.to_string()].map(str::to_owned);
        let [depot, parcel, data] = &values;
        let written = self.client.execute(sql, &[depot, parcel, data]).await;
        assert_eq!(written.unwrap(), 1);
    }

    async fn read(&self, parcel: &str) -> Value {
        let sql = "SELECT (data || jsonb_build_object('depot', depot, 'parcel', parcel))::text
            FROM scans WHERE depot = $1 AND parcel = $2";
        let row = self
            .client
            .query_one(sql, &[&DEPOT, &parcel])
            .await
            .unwrap();
        serde_json::from_str(row.get(0)).unwrap()
    }
}
