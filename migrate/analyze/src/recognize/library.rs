//! What packages are for: which of them hold a route back, and under which name.
//!
//! ```js
//! const jwt = require('jsonwebtoken');
//! const cors = require('cors');
//! const app = require('express')();
//! app.use(cors());
//! app.get('/token', (req, res) => res.json({ token: jwt.sign({}, 'secret') }));
//! ```
//! ```verdicts
//! GET /token app.js:5 authentication jsonwebtoken
//! ```

use isobar_migrate_model::{FindingCode, ReasonCode};

use crate::machine::Machine;
use crate::machine::call::Call;
use crate::machine::value::Value;

/// Packages whose effect is part of the translation or of no consequence for an answer, and that
/// are never read: body parsers, headers, logs, wrappers of async handlers.
const TRANSPARENT: [&str; 30] = [
    "body-parser",
    "cors",
    "cookie-parser",
    "morgan",
    "helmet",
    "compression",
    "express-async-handler",
    "express-async-errors",
    "method-override",
    "serve-favicon",
    "response-time",
    "winston",
    "pino",
    "bunyan",
    "log4js",
    "loglevel",
    "debug",
    "colors",
    "chalk",
    "path",
    "http-errors",
    "http-status-codes",
    "http-status",
    "errorhandler",
    "express-winston",
    "express-pino-logger",
    "pino-http",
    "console",
    "source-map-support",
    "source-map-support/register",
];

type Packages = &'static [&'static str];

/// Packages by what they are for.
const CATEGORIES: [(ReasonCode, Packages); 17] = [
    (
        ReasonCode::DocumentDatabase,
        &[
            "mongoose",
            "mongodb",
            "monk",
            "nedb",
            "lowdb",
            "mongojs",
            "pouchdb",
            "nano",
            "couchbase",
            "firebase-admin",
            "@google-cloud/firestore",
            "@google-cloud/datastore",
            "dynamoose",
            "@aws-sdk/client-dynamodb",
            "@aws-sdk/lib-dynamodb",
            "express-mongo-db",
            "mongoose-paginate",
            "json-server",
            "rethinkdb",
            "arangojs",
            "@azure/cosmos",
        ],
    ),
    (
        ReasonCode::SqlDatabase,
        &[
            "sequelize",
            "typeorm",
            "@prisma/client",
            "knex",
            "objection",
            "pg",
            "pg-promise",
            "mysql",
            "mysql2",
            "sqlite3",
            "sqlite",
            "better-sqlite3",
            "mssql",
            "oracledb",
            "bookshelf",
            "drizzle-orm",
            "slonik",
            "mariadb",
            "tedious",
            "@mikro-orm/core",
            "sequelize-typescript",
            "postgres",
            "kysely",
        ],
    ),
    (
        ReasonCode::Cache,
        &[
            "redis",
            "ioredis",
            "memcached",
            "keyv",
            "node-cache",
            "cache-manager",
            "lru-cache",
            "@keyv/redis",
            "apicache",
            "memory-cache",
            "connect-redis",
        ],
    ),
    (
        ReasonCode::Authentication,
        &[
            "jsonwebtoken",
            "bcrypt",
            "bcryptjs",
            "passport",
            "passport-local",
            "passport-jwt",
            "express-jwt",
            "argon2",
            "jwks-rsa",
            "jose",
            "crypto",
            "csurf",
            "connect-ensure-login",
            "express-basic-auth",
            "jwt-simple",
            "passport-local-mongoose",
            "express-oauth2-jwt-bearer",
            "pbkdf2-password",
            "tsscmp",
            "otplib",
            "speakeasy",
            "connect-roles",
            "accesscontrol",
        ],
    ),
    (
        ReasonCode::Validation,
        &[
            "joi",
            "@hapi/joi",
            "express-validator",
            "validator",
            "yup",
            "zod",
            "ajv",
            "celebrate",
            "class-validator",
            "class-transformer",
            "express-joi-validation",
            "superstruct",
            "valibot",
            "express-openapi-validator",
            "is-my-json-valid",
            "jsonschema",
        ],
    ),
    (
        ReasonCode::Files,
        &[
            "multer",
            "express-fileupload",
            "formidable",
            "busboy",
            "connect-multiparty",
            "multiparty",
            "sharp",
            "jimp",
            "archiver",
            "fs-extra",
            "mkdirp",
            "rimraf",
            "csv-parser",
            "fast-csv",
            "json2csv",
            "pdfkit",
            "puppeteer",
            "html-pdf",
            "exceljs",
            "xlsx",
            "aws-sdk-s3",
            "@aws-sdk/client-s3",
            "@google-cloud/storage",
            "gridfs-stream",
            "multer-gridfs-storage",
            "multer-s3",
            "sharp",
            "glob",
            "stream",
            "zlib",
            "readline",
            "unzipper",
        ],
    ),
    (
        ReasonCode::OutboundHttp,
        &[
            "axios",
            "request",
            "request-promise",
            "node-fetch",
            "got",
            "superagent",
            "undici",
            "http",
            "https",
            "http2",
            "fetch",
            "needle",
            "http-proxy",
            "http-proxy-middleware",
            "express-http-proxy",
            "dns",
            "cross-fetch",
            "graphql-request",
        ],
    ),
    (
        ReasonCode::Mail,
        &[
            "nodemailer",
            "@sendgrid/mail",
            "mailgun-js",
            "email-templates",
            "postmark",
            "sendgrid",
            "mailgen",
            "nodemailer-express-handlebars",
            "mailersend",
        ],
    ),
    (
        ReasonCode::Queue,
        &[
            "bull",
            "bullmq",
            "agenda",
            "node-schedule",
            "node-cron",
            "cron",
            "amqplib",
            "kafkajs",
            "bee-queue",
            "kue",
            "@google-cloud/tasks",
            "@google-cloud/pubsub",
            "@aws-sdk/client-sqs",
            "p-queue",
            "nats",
            "mqtt",
            "rhea",
            "zeromq",
        ],
    ),
    (
        ReasonCode::Vendor,
        &[
            "aws-sdk",
            "stripe",
            "twilio",
            "@paypal/checkout-server-sdk",
            "braintree",
            "cloudinary",
            "firebase",
            "@octokit/rest",
            "googleapis",
            "openai",
            "@slack/web-api",
            "algoliasearch",
            "elasticsearch",
            "@elastic/elasticsearch",
            "firebase-functions",
            "@google-cloud/secret-manager",
            "@sentry/node",
            "razorpay",
            "plaid",
            "square",
            "@google-cloud/vision",
            "@google-cloud/translate",
            "contentful",
            "pusher",
            "web-push",
            "@auth0/auth0-spa-js",
            "auth0",
            "@azure/storage-blob",
            "@google/generative-ai",
            "@anthropic-ai/sdk",
            "prom-client",
            "newrelic",
            "dd-trace",
            "@instana/collector",
            "@google-cloud/recaptcha-enterprise",
        ],
    ),
    (
        ReasonCode::Render,
        &[
            "ejs",
            "pug",
            "jade",
            "handlebars",
            "hbs",
            "express-handlebars",
            "nunjucks",
            "mustache",
            "mustache-express",
            "consolidate",
            "eta",
            "express-ejs-layouts",
            "express-partials",
            "swig",
            "twig",
            "react-dom",
            "next",
        ],
    ),
    (
        ReasonCode::Session,
        &[
            "express-session",
            "cookie-session",
            "connect-flash",
            "express-flash",
            "connect-mongo",
            "req-flash",
            "connect-mongodb-session",
            "connect-session-sequelize",
            "connect-sqlite3",
            "memorystore",
            "session-file-store",
            "connect-pg-simple",
            "client-sessions",
            "express-mysql-session",
        ],
    ),
    (
        ReasonCode::Socket,
        &[
            "socket.io",
            "ws",
            "express-ws",
            "sockjs",
            "net",
            "dgram",
            "tls",
            "engine.io",
        ],
    ),
    (
        ReasonCode::Process,
        &[
            "child_process",
            "cluster",
            "worker_threads",
            "vm",
            "vm2",
            "execa",
            "shelljs",
            "isolated-vm",
            "os",
            "systeminformation",
            "repl",
            "v8",
            "inspector",
        ],
    ),
    (
        ReasonCode::Timer,
        &["timers", "setInterval", "setTimeout", "toobusy-js"],
    ),
    (
        ReasonCode::ApplicationSettings,
        &[
            "express-rate-limit",
            "express-slow-down",
            "express-limiter",
            "serve-static",
            "serve-index",
        ],
    ),
    (ReasonCode::Unsupported, &["eval"]),
];

/// Whether a package holds no route back.
pub(crate) fn is_transparent(name: &str) -> bool {
    TRANSPARENT.contains(&name)
}

/// What a package is for.
pub(crate) fn category(package: &str) -> ReasonCode {
    let known = CATEGORIES
        .iter()
        .find(|(_, packages)| packages.contains(&package));
    known.map_or(ReasonCode::Library, |(code, _)| *code)
}

/// The finding that the use of a package is, where it is one.
pub(crate) fn finding(package: &str) -> Option<FindingCode> {
    match category(package) {
        ReasonCode::DocumentDatabase | ReasonCode::SqlDatabase => Some(FindingCode::Database),
        ReasonCode::Cache => Some(FindingCode::Cache),
        ReasonCode::Mail => Some(FindingCode::Mail),
        ReasonCode::Queue => Some(FindingCode::Queue),
        ReasonCode::Vendor => Some(FindingCode::Vendor),
        ReasonCode::Session => Some(FindingCode::Session),
        ReasonCode::Socket => Some(FindingCode::Socket),
        ReasonCode::Process if package != "os" => Some(FindingCode::ChildProcess),
        ReasonCode::Files if receives_uploads(package) => Some(FindingCode::Upload),
        ReasonCode::Render => Some(FindingCode::View),
        _ => None,
    }
}

fn receives_uploads(package: &str) -> bool {
    matches!(
        package,
        "multer"
            | "express-fileupload"
            | "formidable"
            | "busboy"
            | "multiparty"
            | "connect-multiparty"
    )
}

/// Whether a call changes something outside the process, by the name of the function.
pub(crate) fn writes(package: &str, operation: &str) -> bool {
    let name = operation
        .trim_end_matches("()")
        .rsplit('.')
        .next()
        .unwrap_or_default()
        .to_lowercase();
    let stores = matches!(
        category(package),
        ReasonCode::DocumentDatabase
            | ReasonCode::SqlDatabase
            | ReasonCode::Cache
            | ReasonCode::Files
    );
    match category(package) {
        ReasonCode::Mail
        | ReasonCode::Queue
        | ReasonCode::Session
        | ReasonCode::Process
        | ReasonCode::Vendor
        | ReasonCode::OutboundHttp => true,
        _ if stores || package == "fs" => WRITING.iter().any(|word| name.contains(word)),
        _ => false,
    }
}

/// Parts of names of functions that change a store.
const WRITING: [&str; 30] = [
    "save",
    "create",
    "insert",
    "update",
    "delete",
    "remove",
    "destroy",
    "upsert",
    "write",
    "put",
    "set",
    "push",
    "add",
    "drop",
    "truncate",
    "replace",
    "unlink",
    "rename",
    "mkdir",
    "append",
    "copy",
    "query",
    "execute",
    "run",
    "exec",
    "incr",
    "decr",
    "del",
    "transaction",
    "bulk",
];

/// `express.json()` and the other middleware that Express brings.
pub(super) fn express_middleware(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    if name == "static" && machine.trace.is_none() && machine.is_own(call.site.module) {
        machine.find(
            FindingCode::StaticFiles,
            call.site,
            "files are served from disk",
        );
    }
    machine.outcome("express", &format!("{name}()"), call)
}
