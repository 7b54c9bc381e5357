//! Statements of the query language with their parameters.

use azure_data_cosmos::{Query, Result as CosmosResult};
use serde_json::Value as Json;

/// A statement in the making: what comes from outside is a parameter, never text.
#[derive(Debug, Default)]
pub(super) struct Statement {
    pub(super) conditions: Vec<String>,
    parameters: Vec<Json>,
}

impl Statement {
    /// The name of a parameter of this value.
    pub(super) fn place(&mut self, value: impl Into<Json>) -> String {
        self.parameters.push(value.into());
        format!("@p{}", self.parameters.len() - 1)
    }

    /// What must hold besides.
    pub(super) fn and(&mut self, condition: String) {
        self.conditions.push(condition);
    }

    /// The statement: `SELECT` and what of it, the conditions, and what follows them.
    pub(super) fn query(&self, select: &str, rest: &str) -> CosmosResult<Query> {
        let mut text = format!("SELECT {select} FROM c");
        if !self.conditions.is_empty() {
            text.push_str(" WHERE ");
            text.push_str(&self.conditions.join(" AND "));
        }
        text.push_str(rest);
        let mut parameters = self.parameters.iter().enumerate();
        parameters.try_fold(Query::from(text), |query, (at, value)| {
            query.with_parameter(format!("@p{at}"), value)
        })
    }
}
