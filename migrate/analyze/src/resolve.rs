//! Finds the file that a module name stands for, by Node's rules and TypeScript's aliases.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use oxc_resolver::{
    FileMetadata, FileSystem, ResolveError, ResolveOptions, ResolverGeneric, TsconfigDiscovery,
};

use crate::tree::{EntryKind, SourceTree};

/// What a module name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resolution {
    /// A file, with links resolved.
    File(PathBuf),
    /// A module of Node.js, without `node:`.
    Builtin(String),
    /// Nothing that is there.
    Missing,
}

/// The two ways of loading a module, which differ in the entry that a package offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ImportKind {
    /// `require(…)`.
    Require,
    /// `import … from`.
    Import,
}

/// Resolves module names against one source tree.
pub(crate) struct ModuleResolver {
    require: ResolverGeneric<TreeFileSystem>,
    import: ResolverGeneric<TreeFileSystem>,
    tree: Arc<dyn SourceTree>,
}

impl ModuleResolver {
    pub(crate) fn new(tree: Arc<dyn SourceTree>) -> Self {
        let file_system = TreeFileSystem(Some(Arc::clone(&tree)));
        let require = ResolverGeneric::new_with_file_system(file_system, options("require"));
        let import = require.clone_with_options(options("import"));
        Self {
            require,
            import,
            tree,
        }
    }

    /// What `specifier` stands for in the module at `from`.
    pub(crate) fn resolve(&self, from: &Path, specifier: &str, kind: ImportKind) -> Resolution {
        let resolver = match kind {
            ImportKind::Require => &self.require,
            ImportKind::Import => &self.import,
        };
        let outcome = resolver
            .resolve_file(from, specifier)
            .or_else(|error| match error {
                ResolveError::Builtin { .. } => Err(error),
                // A broken tsconfig must not hide modules that Node finds without it.
                _ => resolver.resolve(from.parent().unwrap_or(from), specifier),
            });
        match outcome {
            Ok(found) => {
                let path = found.into_path_buf();
                Resolution::File(self.tree.canonical(&path).unwrap_or(path))
            }
            Err(ResolveError::Builtin { resolved, .. }) => {
                Resolution::Builtin(resolved.trim_start_matches("node:").to_owned())
            }
            Err(_) => Resolution::Missing,
        }
    }
}

fn options(condition: &str) -> ResolveOptions {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let alias = |from: &str, to: &[&str]| (from.to_owned(), names(to));
    ResolveOptions {
        builtin_modules: true,
        condition_names: names(&["node", condition]),
        extensions: names(&[
            ".js", ".json", ".ts", ".mjs", ".cjs", ".tsx", ".mts", ".cts", ".jsx",
        ]),
        extension_alias: vec![
            alias(".js", &[".js", ".ts", ".tsx"]),
            alias(".mjs", &[".mjs", ".mts"]),
            alias(".cjs", &[".cjs", ".cts"]),
            alias(".jsx", &[".jsx", ".tsx"]),
        ],
        main_fields: names(&["main", "module"]),
        symlinks: false,
        tsconfig: Some(TsconfigDiscovery::Auto),
        ..ResolveOptions::default()
    }
}

/// The resolver's view of a source tree.
struct TreeFileSystem(Option<Arc<dyn SourceTree>>);

impl TreeFileSystem {
    fn tree(&self) -> io::Result<&dyn SourceTree> {
        self.0
            .as_deref()
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }
}

impl FileSystem for TreeFileSystem {
    fn new() -> Self {
        Self(None)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.tree()?.read(path)
    }

    fn read_to_string(&self, path: &Path) -> io::Result<String> {
        String::from_utf8(self.read(path)?)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    fn metadata(&self, path: &Path) -> io::Result<FileMetadata> {
        let kind = self.tree()?.metadata(path)?.kind;
        Ok(FileMetadata::new(
            kind == EntryKind::File,
            kind == EntryKind::Directory,
            false,
        ))
    }

    fn symlink_metadata(&self, path: &Path) -> io::Result<FileMetadata> {
        self.metadata(path)
    }

    fn read_link(&self, path: &Path) -> Result<PathBuf, ResolveError> {
        Err(ResolveError::PathNotSupported(path.to_owned()))
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        self.tree()?.canonical(path)
    }
}
