//! What an image is built with beside its Dockerfile: what its context has, and variables of its environment.

use crate::application::Application;
use crate::archive::PackedFile;
use crate::environment::{self, Stores};
use crate::error::{Error, Result};
use crate::target::Target;

const ONLY_PACKED: &str = "\
# What is packed, and nothing that lies beside it: states of Terraform, values and secrets that were filled in.
";

/// The files that keep everything but the package from those who build images of its directory; `names` are what it has at
/// the top.
///
/// Both take the same patterns:
/// <https://docs.docker.com/build/concepts/context/#dockerignore-files>,
/// <https://cloud.google.com/sdk/gcloud/reference/topic/gcloudignore>
pub(crate) fn ignored(target: Target, names: &[&str]) -> Vec<PackedFile> {
    let own = [".dockerignore", ".gcloudignore"];
    let own = if target == Target::Gcp {
        &own[..]
    } else {
        &own[..1]
    };
    let kept = names.iter().chain(&["Dockerfile"]).chain(own);
    let kept: Vec<String> = kept.map(|name| format!("!/{name}\n")).collect();
    let text = format!("{ONLY_PACKED}/*\n{}", kept.concat());
    let files = own.iter().map(|name| PackedFile::text(name, text.as_str()));
    files.collect()
}

/// What an application is told that is no secret, as instructions of a Dockerfile.
///
/// `Unsupported` where a value has several lines, which no such instruction has.
/// <https://docs.docker.com/reference/dockerfile/#env>
pub(crate) fn environment(application: &Application) -> Result<String> {
    let mut lines = String::new();
    for variable in environment::variables(application, Stores::default()) {
        let name = &variable.name;
        if variable.value.contains(['\n', '\r']) {
            return Err(Error::unsupported(format!(
                "the setting {name} has several lines, which ENV of a Dockerfile cannot say: give it a default of one line"
            )));
        }
        let comment = variable.comment.iter();
        let comment = comment.flat_map(|comment| comment.lines());
        lines.extend(comment.map(|line| format!("# {line}\n")));
        lines.extend([format!("ENV {name}={}\n", quoted(&variable.value))]);
    }
    Ok(lines)
}

/// In quotes, in which `\` goes before what would be read as something else.
fn quoted(value: &str) -> String {
    let mut quoted = String::from("\"");
    for character in value.chars() {
        if ['"', '\\', '$'].contains(&character) {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declaring(default: &str) -> Application {
        let described = serde_json::json!({
            "name": "notes", "collections": [], "buckets": ["photos"], "routes": [], "schedules": [],
            "secrets": [{ "name": "API_KEY" }],
            "settings": [{ "name": "PLACE" }, { "name": "GREETING", "default": default }],
        });
        Application::parse(described.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn an_image_is_told_everything_but_secrets_and_values_as_they_are() {
        let lines = environment(&declaring(r#"a "$HOME" \ b"#)).unwrap();
        assert!(lines.contains("ENV ISOBAR_PREFIX=\"notes-\"\n"), "{lines}");
        assert!(
            lines.contains("# Fill in.\nENV PLACE=\"FILL-IN\"\n"),
            "{lines}"
        );
        assert!(lines.contains("ENV ISOBAR_BLOBS=\"FILL-IN\"\n"), "{lines}");
        let greeting = r#"ENV GREETING="a \"\$HOME\" \\ b""#;
        assert!(lines.contains(greeting), "{lines}");
        assert!(!lines.contains("API_KEY"), "{lines}");
        let error = environment(&declaring("a\nb")).unwrap_err();
        assert!(error.to_string().contains("GREETING"), "{error}");
    }

    #[test]
    fn whoever_builds_an_image_takes_what_is_packed_and_nothing_else() {
        let files = ignored(Target::Gcp, &["notes"]);
        let names: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(names, [".dockerignore", ".gcloudignore"]);
        let text = String::from_utf8(files[0].content.clone()).unwrap();
        let expected = "/*\n!/notes\n!/Dockerfile\n!/.dockerignore\n!/.gcloudignore\n";
        assert!(text.ends_with(expected), "{text}");
        assert_eq!(files[0].content, files[1].content);
        assert_eq!(ignored(Target::Knative, &["notes"]).len(), 1);
    }
}
