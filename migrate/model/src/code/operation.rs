//! Operators, built-in functions and methods, and the members of request and response that can be ported.

use serde::{Deserialize, Serialize};

/// An enum whose variants stand for names of the source language.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name {
            $(#[doc = concat!("`", $text, "`.")] #[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// The variant for a name of the source language.
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($text => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The name in the source language.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }
    };
}

named! {
    /// An operator with one operand.
    UnaryOperator {
        Not = "!",
        Minus = "-",
        Plus = "+",
        BitNot = "~",
        TypeOf = "typeof",
        Void = "void",
    }
}

named! {
    /// An operator with two operands that are both evaluated.
    BinaryOperator {
        Add = "+",
        Subtract = "-",
        Multiply = "*",
        Divide = "/",
        Remainder = "%",
        Power = "**",
        Equal = "==",
        NotEqual = "!=",
        Same = "===",
        NotSame = "!==",
        Less = "<",
        LessOrEqual = "<=",
        Greater = ">",
        GreaterOrEqual = ">=",
        BitAnd = "&",
        BitOr = "|",
        BitXor = "^",
        ShiftLeft = "<<",
        ShiftRight = ">>",
        ShiftRightZero = ">>>",
        In = "in",
    }
}

named! {
    /// An operator whose right operand may not be evaluated.
    LogicalOperator {
        And = "&&",
        Or = "||",
        Nullish = "??",
    }
}

named! {
    /// How an assignment combines the old value with the new one.
    AssignOperator {
        Set = "=",
        Add = "+=",
        Subtract = "-=",
        Multiply = "*=",
        Divide = "/=",
        Remainder = "%=",
        Power = "**=",
        And = "&&=",
        Or = "||=",
        Nullish = "??=",
    }
}

named! {
    /// A function of the language, of Node or of a well-known package.
    Builtin {
        Number = "Number",
        String = "String",
        Boolean = "Boolean",
        ParseInt = "parseInt",
        ParseFloat = "parseFloat",
        IsNaN = "isNaN",
        IsFinite = "isFinite",
        NumberIsInteger = "Number.isInteger",
        NumberIsSafeInteger = "Number.isSafeInteger",
        NumberIsNaN = "Number.isNaN",
        NumberIsFinite = "Number.isFinite",
        EncodeUriComponent = "encodeURIComponent",
        DecodeUriComponent = "decodeURIComponent",
        JsonParse = "JSON.parse",
        JsonStringify = "JSON.stringify",
        ObjectKeys = "Object.keys",
        ObjectValues = "Object.values",
        ObjectEntries = "Object.entries",
        ObjectFromEntries = "Object.fromEntries",
        ObjectAssign = "Object.assign",
        ObjectHasOwn = "Object.hasOwn",
        ArrayIsArray = "Array.isArray",
        ArrayFrom = "Array.from",
        ArrayOf = "Array.of",
        MathAbs = "Math.abs",
        MathCeil = "Math.ceil",
        MathFloor = "Math.floor",
        MathMax = "Math.max",
        MathMin = "Math.min",
        MathPow = "Math.pow",
        MathRandom = "Math.random",
        MathRound = "Math.round",
        MathSign = "Math.sign",
        MathSqrt = "Math.sqrt",
        MathTrunc = "Math.trunc",
        DateNow = "Date.now",
        DateParse = "Date.parse",
        NewDate = "new Date",
        NewArray = "new Array",
        NewError = "new Error",
        NewTypeError = "new TypeError",
        NewRangeError = "new RangeError",
        NewSyntaxError = "new SyntaxError",
        NewRegExp = "new RegExp",
        SuperError = "super",
        CaptureStackTrace = "Error.captureStackTrace",
        ConsoleLog = "console.log",
        ConsoleInfo = "console.info",
        ConsoleDebug = "console.debug",
        ConsoleWarn = "console.warn",
        ConsoleError = "console.error",
        ProcessUptime = "process.uptime",
        RandomUuid = "crypto.randomUUID",
        CreateError = "http-errors",
        EscapeHtml = "escape-html",
    }
}

named! {
    /// A method that a value of some type has.
    Method {
        At = "at",
        CharAt = "charAt",
        CharCodeAt = "charCodeAt",
        Concat = "concat",
        EndsWith = "endsWith",
        Entries = "entries",
        Every = "every",
        Exec = "exec",
        Fill = "fill",
        Filter = "filter",
        Find = "find",
        FindIndex = "findIndex",
        FindLast = "findLast",
        FindLastIndex = "findLastIndex",
        Flat = "flat",
        FlatMap = "flatMap",
        ForEach = "forEach",
        GetDate = "getDate",
        GetDay = "getDay",
        GetFullYear = "getFullYear",
        GetHours = "getHours",
        GetMilliseconds = "getMilliseconds",
        GetMinutes = "getMinutes",
        GetMonth = "getMonth",
        GetSeconds = "getSeconds",
        GetTime = "getTime",
        GetUtcDate = "getUTCDate",
        GetUtcDay = "getUTCDay",
        GetUtcFullYear = "getUTCFullYear",
        GetUtcHours = "getUTCHours",
        GetUtcMinutes = "getUTCMinutes",
        GetUtcMonth = "getUTCMonth",
        GetUtcSeconds = "getUTCSeconds",
        HasOwnProperty = "hasOwnProperty",
        Includes = "includes",
        IndexOf = "indexOf",
        Join = "join",
        Keys = "keys",
        LastIndexOf = "lastIndexOf",
        Map = "map",
        Match = "match",
        PadEnd = "padEnd",
        PadStart = "padStart",
        Pop = "pop",
        Push = "push",
        Reduce = "reduce",
        Repeat = "repeat",
        Replace = "replace",
        ReplaceAll = "replaceAll",
        Reverse = "reverse",
        Search = "search",
        Shift = "shift",
        Slice = "slice",
        Some = "some",
        Sort = "sort",
        Splice = "splice",
        Split = "split",
        StartsWith = "startsWith",
        Substr = "substr",
        Substring = "substring",
        Test = "test",
        ToFixed = "toFixed",
        ToIsoString = "toISOString",
        ToJson = "toJSON",
        ToLowerCase = "toLowerCase",
        ToString = "toString",
        ToUpperCase = "toUpperCase",
        Trim = "trim",
        TrimEnd = "trimEnd",
        TrimStart = "trimStart",
        Unshift = "unshift",
        ValueOf = "valueOf",
        Values = "values",
    }
}

/// A part of the request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RequestMember {
    /// `req.params`.
    Params,
    /// `req.query`.
    Query,
    /// `req.body`.
    Body,
    /// `req.headers`.
    Headers,
    /// `req.cookies`.
    Cookies,
    /// `req.signedCookies`.
    SignedCookies,
    /// `req.method`.
    Method,
    /// `req.path`.
    Path,
    /// `req.url`.
    Url,
    /// `req.originalUrl`.
    OriginalUrl,
    /// `req.baseUrl`.
    BaseUrl,
    /// `req.hostname`.
    Hostname,
    /// `req.protocol`.
    Protocol,
    /// `req.secure`.
    Secure,
    /// `req.ip`.
    Ip,
    /// `req.xhr`.
    Xhr,
    /// A property that middleware has set, `undefined` where none has.
    Property(String),
}

named! {
    /// A method of the request.
    RequestMethod {
        Get = "get",
        Header = "header",
        Is = "is",
        Accepts = "accepts",
    }
}

named! {
    /// A part of the response.
    ResponseMember {
        Locals = "locals",
        StatusCode = "statusCode",
        StatusMessage = "statusMessage",
        HeadersSent = "headersSent",
    }
}

named! {
    /// A method of the response.
    ResponseMethod {
        Append = "append",
        Attachment = "attachment",
        ClearCookie = "clearCookie",
        ContentType = "contentType",
        Cookie = "cookie",
        End = "end",
        Get = "get",
        GetHeader = "getHeader",
        Header = "header",
        Json = "json",
        Jsonp = "jsonp",
        Links = "links",
        Location = "location",
        Redirect = "redirect",
        RemoveHeader = "removeHeader",
        Send = "send",
        SendStatus = "sendStatus",
        Set = "set",
        SetHeader = "setHeader",
        Status = "status",
        Type = "type",
        Vary = "vary",
        Write = "write",
        WriteHead = "writeHead",
    }
}

impl ResponseMethod {
    /// Whether the method ends the response.
    pub fn is_final(self) -> bool {
        matches!(
            self,
            Self::End | Self::Json | Self::Jsonp | Self::Redirect | Self::Send | Self::SendStatus
        )
    }
}
