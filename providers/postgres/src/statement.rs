//! A statement with its parameters: values never become part of its text.

use std::fmt;

use tokio_postgres::types::{ToSql, Type};

/// A value on its way to the server.
type Parameter = Box<dyn ToSql + Send + Sync>;

/// SQL text, and the values it refers to as `$1`, `$2` and so on.
#[derive(Default)]
pub(crate) struct Statement {
    sql: String,
    parameters: Vec<(Parameter, Type)>,
}

impl Statement {
    /// Adds text, which must have no value of anybody's in it.
    pub(crate) fn push(&mut self, sql: &str) {
        self.sql.push_str(sql);
    }

    /// Adds a value, and its place to the text.
    pub(crate) fn value(&mut self, value: impl ToSql + Send + Sync + 'static, sql_type: Type) {
        let place = self.place(value, sql_type);
        self.sql.push_str(&place);
    }

    /// Adds a value, and gives its place, for texts that refer to it more than once.
    pub(crate) fn place(
        &mut self,
        value: impl ToSql + Send + Sync + 'static,
        sql_type: Type,
    ) -> String {
        self.parameters.push((Box::new(value), sql_type));
        format!("${}", self.parameters.len())
    }

    pub(crate) fn sql(&self) -> &str {
        &self.sql
    }

    pub(crate) fn parameters(&self) -> Vec<(&(dyn ToSql + Sync), Type)> {
        let parameters = self.parameters.iter();
        parameters
            .map(|(value, sql_type)| (&**value as &(dyn ToSql + Sync), sql_type.clone()))
            .collect()
    }
}

/// Values may be personal data, so only the text is printed.
impl fmt::Debug for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statement")
            .field("sql", &self.sql)
            .finish_non_exhaustive()
    }
}
