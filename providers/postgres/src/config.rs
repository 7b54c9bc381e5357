//! Where the store is: a PostgreSQL URL with settings of our own, and the standard `PG*` variables.

use std::path::PathBuf;
use std::str::FromStr as _;
use std::time::Duration;

use isobar::document::CollectionSchema;
use isobar::{Error, Result};
use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, Host, SslMode, TargetSessionAttrs};

use crate::pool::{Budget, Connections};
use crate::{PostgresStore, Roles, definition, tls};

/// How long a socket may take to connect, and how long sent data may stay unacknowledged: half
/// the time budget of a call, so that there is time for another attempt.
const SOCKET: Duration = Duration::from_secs(5);

/// A store's place: `postgresql://USER:PASSWORD@HOST:PORT/DATABASE?connections=4`.
///
/// What the URL leaves out comes from the variables of libpq: `PGHOST`, `PGHOSTADDR`, `PGPORT`,
/// `PGDATABASE`, `PGUSER`, `PGPASSWORD`, `PGSSLMODE`, `PGSSLROOTCERT`, `PGCONNECT_TIMEOUT`,
/// `PGAPPNAME`, `PGOPTIONS`, `PGTARGETSESSIONATTRS` and `PGCHANNELBINDING`. So `postgres:` alone is
/// enough where they are set; a host in the URL without a port has 5432. Files of passwords and
/// services are not read.
///
/// Beside libpq's own parameters there are:
///
/// - `prefix`: what goes before the names of tables
/// - `schema`: the schema of the tables, where it is not the first of the role's search path
/// - `owner`: the role that owns the tables, for [`Place::definition`]
/// - `connections`: how many connections this process may have, 4 unless set
/// - `idle`: after how many milliseconds without work a connection is closed, 1000 unless set
/// - `sslmode`: `disable`, `prefer` or `require` (or `verify-full`, which is the same); unless set,
///   `disable` for this machine and `require` for others. TLS always checks the certificate.
/// - `sslrootcert`: a file of certificates in PEM to trust instead of the platform's
#[derive(Debug, Clone)]
pub struct Place {
    /// What goes before the names of tables.
    pub prefix: Option<String>,
    /// The schema of the tables.
    pub schema: Option<String>,
    /// The role that owns the tables, which should not be the one of a running process.
    pub owner: Option<String>,
    /// How many connections the process may have, and for how long.
    pub budget: Budget,
    server: Config,
    root_certificates: Option<PathBuf>,
}

impl Place {
    /// Reads a URL and the variables of this process; `InvalidArgument` where there is no server
    /// to be found in them. No message has the URL in it, which may hold a password.
    pub fn parse(url: &str) -> Result<Self> {
        Self::parse_with(url, &|name| std::env::var_os(name)?.into_string().ok())
    }

    fn parse_with(url: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let (server, own) = split(url)?;
        let mut place = Self {
            prefix: None,
            schema: None,
            owner: None,
            budget: Budget::default(),
            server: Config::from_str(&server).map_err(unreadable)?,
            root_certificates: variable("PGSSLROOTCERT").map(PathBuf::from),
        };
        let mut ssl_mode = variable("PGSSLMODE");
        for (name, value) in own {
            match name {
                "prefix" => place.prefix = Some(value),
                "schema" => place.schema = Some(value),
                "owner" => place.owner = Some(value),
                "connections" => place.budget.connections = count(name, &value)?,
                "idle" => place.budget.idle = Duration::from_millis(number(name, &value)?),
                "sslrootcert" => place.root_certificates = Some(value.into()),
                _ => ssl_mode = Some(value),
            }
        }
        place.complete(&variable)?;
        let ssl_mode = match ssl_mode.as_deref() {
            Some(mode) => mode_of(mode)?,
            None if place.is_this_machine() => SslMode::Disable,
            None => SslMode::Require,
        };
        place.server.ssl_mode(ssl_mode);
        Ok(place)
    }

    /// The store at this place; it connects when it is first asked for something.
    ///
    /// Must be called on a tokio runtime, which then drives the connections. Fails where TLS is
    /// wanted and the certificates to trust cannot be read.
    pub fn open(&self) -> Result<PostgresStore> {
        let tls = match self.server.get_ssl_mode() {
            SslMode::Disable => tls::without_roots()?,
            _ => tls::connector(self.root_certificates.as_deref())?,
        };
        let connections = Connections::new(self.server.clone(), tls, self.budget)?;
        Ok(PostgresStore::over(connections, self.schema.clone()))
    }

    /// The tables of these collections as SQL, owned by the role that the URL names as `owner`, to
    /// be worked with by the URL's user; see [`crate::definition`].
    pub fn definition(&self, collections: &[CollectionSchema]) -> Result<String> {
        let roles = self.owner.as_deref().zip(self.server.get_user());
        let Some((owner, user)) = roles else {
            let message = "tables are defined for two roles: write postgresql://ROLE@HOST/DATABASE\
                           ?owner=ROLE, first the one of running processes";
            return Err(Error::invalid(message));
        };
        let roles = Roles {
            schema: owner.to_owned(),
            runtime: user.to_owned(),
        };
        let each = collections.iter().map(|schema| {
            let place = self.schema.as_deref();
            definition(schema, place, &roles)
        });
        each.collect()
    }

    /// Fills in what the URL leaves out.
    fn complete(&mut self, variable: &dyn Fn(&str) -> Option<String>) -> Result<()> {
        let server = &mut self.server;
        if server.get_hosts().is_empty() && server.get_hostaddrs().is_empty() {
            self::hosts(server, variable)?;
        }
        if server.get_ports().is_empty()
            && let Some(ports) = variable("PGPORT")
        {
            for port in ports.split(',') {
                server.port(port.parse().map_err(|_| wrong("PGPORT", "is no port"))?);
            }
        }
        if let (None, Some(user)) = (server.get_user(), variable("PGUSER")) {
            server.user(user);
        }
        if let (None, Some(password)) = (server.get_password(), variable("PGPASSWORD")) {
            server.password(password);
        }
        if let (None, Some(database)) = (server.get_dbname(), variable("PGDATABASE")) {
            server.dbname(database);
        }
        if let (None, Some(options)) = (server.get_options(), variable("PGOPTIONS")) {
            server.options(options);
        }
        session(server, variable)?;
        limits(server, variable)
    }

    fn is_this_machine(&self) -> bool {
        let hosts = self.server.get_hosts().iter().all(|host| match host {
            Host::Tcp(name) => name == "localhost" || is_loopback(name),
            Host::Unix(_) => true,
        });
        hosts
            && self
                .server
                .get_hostaddrs()
                .iter()
                .all(std::net::IpAddr::is_loopback)
    }
}

fn is_loopback(name: &str) -> bool {
    name.parse::<std::net::IpAddr>()
        .is_ok_and(|address| address.is_loopback())
}

fn hosts(server: &mut Config, variable: &dyn Fn(&str) -> Option<String>) -> Result<()> {
    let (names, addresses) = (variable("PGHOST"), variable("PGHOSTADDR"));
    if names.is_none() && addresses.is_none() {
        let message = "no PostgreSQL server is set: name its host in the store's URL or in PGHOST";
        return Err(Error::invalid(message));
    }
    for name in names.iter().flat_map(|names| names.split(',')) {
        server.host(name);
    }
    for address in addresses.iter().flat_map(|addresses| addresses.split(',')) {
        let address = address.parse();
        server.hostaddr(address.map_err(|_| wrong("PGHOSTADDR", "is no address"))?);
    }
    Ok(())
}

/// What is asked of the session. Of several servers, the one that takes writes is meant.
fn session(server: &mut Config, variable: &dyn Fn(&str) -> Option<String>) -> Result<()> {
    let wanted = match variable("PGTARGETSESSIONATTRS").as_deref() {
        None if server.get_hosts().len() > 1 => TargetSessionAttrs::ReadWrite,
        None | Some("any") => TargetSessionAttrs::Any,
        Some("read-write" | "primary") => TargetSessionAttrs::ReadWrite,
        Some(_) => {
            return Err(wrong(
                "PGTARGETSESSIONATTRS",
                "is neither any nor read-write",
            ));
        }
    };
    if server.get_target_session_attrs() == TargetSessionAttrs::Any {
        server.target_session_attrs(wanted);
    }
    let binding = match variable("PGCHANNELBINDING").as_deref() {
        None => return Ok(()),
        Some("disable") => ChannelBinding::Disable,
        Some("prefer") => ChannelBinding::Prefer,
        Some("require") => ChannelBinding::Require,
        Some(_) => {
            let why = "is none of disable, prefer and require";
            return Err(wrong("PGCHANNELBINDING", why));
        }
    };
    if server.get_channel_binding() == ChannelBinding::Prefer {
        server.channel_binding(binding);
    }
    Ok(())
}

fn limits(server: &mut Config, variable: &dyn Fn(&str) -> Option<String>) -> Result<()> {
    if server.get_connect_timeout().is_none() {
        let name = "PGCONNECT_TIMEOUT";
        let seconds = variable(name)
            .map(|seconds| number(name, &seconds))
            .transpose()?;
        server.connect_timeout(
            seconds
                .filter(|&s| s > 0)
                .map_or(SOCKET, Duration::from_secs),
        );
    }
    if server.get_tcp_user_timeout().is_none() {
        server.tcp_user_timeout(SOCKET);
    }
    if server.get_application_name().is_none() {
        let name = variable("PGAPPNAME");
        server.application_name(name.as_deref().unwrap_or("isobar"));
    }
    Ok(())
}

type Parameters<'u> = Vec<(&'u str, String)>;

/// The URL as libpq knows it, and the parameters of our own.
fn split(url: &str) -> Result<(String, Parameters<'_>)> {
    let rest = ["postgresql:", "postgres:"];
    let rest = rest.iter().find_map(|scheme| url.strip_prefix(scheme));
    let rest = rest.ok_or_else(|| malformed("it has another scheme"))?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let authority = rest.rfind('@').map_or(0, |at| at + 1);
    let query = rest[authority..].find('?').map(|at| authority + at);
    let (server, query) = match query {
        Some(at) => (&rest[..at], &rest[at + 1..]),
        None => (rest, ""),
    };
    let (mut own, mut others) = (Vec::new(), Vec::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match name {
            "prefix" | "schema" | "owner" | "connections" | "idle" | "sslrootcert" | "sslmode" => {
                let value = percent_decode_str(value).decode_utf8();
                let value = value.map_err(|_| malformed("a parameter is not UTF-8"))?;
                own.push((name, value.into_owned()));
            }
            _ => others.push(pair),
        }
    }
    let query = if others.is_empty() {
        String::new()
    } else {
        format!("?{}", others.join("&"))
    };
    Ok((format!("postgresql://{server}{query}"), own))
}

fn mode_of(text: &str) -> Result<SslMode> {
    match text {
        "disable" => Ok(SslMode::Disable),
        "allow" | "prefer" => Ok(SslMode::Prefer),
        "require" | "verify-ca" | "verify-full" => Ok(SslMode::Require),
        _ => Err(malformed(
            "sslmode is none of disable, prefer, require and verify-full",
        )),
    }
}

fn count(name: &str, value: &str) -> Result<usize> {
    let count = usize::try_from(number(name, value)?).unwrap_or(usize::MAX);
    if count == 0 {
        return Err(malformed("it allows no connection"));
    }
    Ok(count)
}

fn number(name: &str, value: &str) -> Result<u64> {
    value
        .parse()
        .map_err(|_| wrong(name, "is not a whole number"))
}

fn wrong(name: &str, why: &str) -> Error {
    Error::invalid(format!("the PostgreSQL setting {name} {why}"))
}

fn unreadable(error: tokio_postgres::Error) -> Error {
    malformed("it cannot be read").with_source(error)
}

fn malformed(why: &str) -> Error {
    Error::invalid(format!(
        "the URL is not a PostgreSQL store's place ({why}): write \
         postgresql://USER:PASSWORD@HOST:PORT/DATABASE?connections=4&prefix=NAME, each part if needed"
    ))
}

#[cfg(test)]
mod tests;
