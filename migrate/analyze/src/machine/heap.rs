//! Objects: plain ones, arrays, functions, and the special ones that recognizers know.

use std::path::PathBuf;
use std::rc::Rc;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use crate::machine::builtin::Family;
use crate::machine::function::Closure;
use crate::machine::value::{ModuleId, Name, ObjectId, RouterId, SYMBOL, Site, Value, array_index};

/// Properties in the order in which they were made.
pub(crate) type Properties = IndexMap<Name, Property, FxBuildHasher>;

/// One object.
#[derive(Debug)]
pub(crate) struct Object<'a> {
    pub(crate) kind: Kind<'a>,
    pub(crate) prototype: Option<ObjectId>,
    pub(crate) properties: Properties,
    /// Whether it may have properties or elements that are not recorded.
    pub(crate) open: bool,
    /// Whether it may be absent: an element looked up under an unknown key.
    pub(crate) maybe: bool,
    pub(crate) past: Past,
    pub(crate) form: Form,
    /// The container that holds it, when it was made or stored as a part.
    pub(crate) owner: Option<ObjectId>,
    /// The name it was first stored under, and where.
    pub(crate) label: Option<(Name, Site)>,
    pub(crate) site: Site,
}

/// What was done to an object while the application started.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Past {
    /// Whether it was made or changed on an assumption, so that its parts may be others when the application runs.
    pub(crate) assumed: bool,
    /// Whether it was changed after it was made.
    pub(crate) altered: bool,
    /// Whether it can no longer be changed.
    pub(crate) frozen: bool,
}

/// What an array is beyond its elements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Form {
    #[default]
    Ordinary,
    /// Elements that are `undefined` may be missing, which some methods skip.
    Sparse,
    /// It stands for an iterator over its elements.
    Iterator,
    /// It has properties that are not recorded, as matches of regular expressions have.
    Match,
}

impl Form {
    pub(crate) fn with_holes(has_holes: bool) -> Self {
        if has_holes {
            Self::Sparse
        } else {
            Self::Ordinary
        }
    }
}

/// What an object is beyond its properties.
#[derive(Clone, Debug)]
pub(crate) enum Kind<'a> {
    Plain,
    /// Shared, so that looking at a long array does not copy it.
    Array(Rc<Vec<Value>>),
    Function(Rc<Closure<'a>>),
    Bound {
        target: Value,
        this: Value,
        arguments: Vec<Value>,
    },
    /// A built-in function or constructor.
    Builtin(Family, Name),
    /// A built-in object such as `Math` or the module `path`.
    Namespace(Family),
    Promise(Value),
    /// A `Map` or a `Set`, whose entries are equal pairs.
    Collection {
        family: Family,
        entries: Rc<Vec<(Value, Value)>>,
    },
    RegExp {
        source: Name,
        flags: Name,
    },
    /// The exports of an ES module.
    Module(ModuleId),
    /// Something from a package that is not read, or the outcome of a call into it.
    Foreign(Foreign),
    /// An application or a router.
    Router(RouterId),
    /// What `app.route(path)` returns.
    Route(RouterId, usize),
    /// A part of the request; reads are recorded.
    Input(Name),
    /// The request.
    Request,
    /// The response.
    Response,
    /// `next`, and the callbacks that Express passes.
    Next,
}

impl Kind<'_> {
    /// An array of these elements.
    pub(crate) fn array(elements: Vec<Value>) -> Self {
        Self::Array(Rc::new(elements))
    }
}

/// Something that only a package outside the scan knows.
#[derive(Clone, Debug)]
pub(crate) struct Foreign {
    /// The package; empty for the outcome of an unknown call.
    pub(crate) package: Name,
    /// How it was reached, as in `multer().single()`.
    pub(crate) path: Name,
    /// The file of the package's module, when it is installed.
    pub(crate) file: Option<Rc<PathBuf>>,
    /// The object it was reached from.
    pub(crate) parent: Option<ObjectId>,
    pub(crate) step: Step,
    /// What went in.
    pub(crate) inputs: Vec<Value>,
    /// What reading the package after all gave.
    pub(crate) realized: Option<Value>,
}

/// How a foreign value was reached from its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It is the module itself.
    Root,
    /// By the last name in its path.
    Member,
    Call,
    Construct,
}

/// One property.
#[derive(Clone, Debug)]
pub(crate) struct Property {
    pub(crate) value: Value,
    pub(crate) getter: Option<ObjectId>,
    pub(crate) setter: Option<ObjectId>,
    pub(crate) enumerable: bool,
    /// Whether it had another value before.
    pub(crate) altered: bool,
    /// Whether it cannot be assigned.
    pub(crate) readonly: bool,
}

impl Property {
    pub(crate) fn plain(value: Value) -> Self {
        Self {
            value,
            getter: None,
            setter: None,
            enumerable: true,
            altered: false,
            readonly: false,
        }
    }

    pub(crate) fn hidden(value: Value) -> Self {
        Self {
            enumerable: false,
            ..Self::plain(value)
        }
    }
}

/// Properties as JavaScript lists them: array indices first, by their value.
pub(crate) fn in_order(properties: &Properties) -> Vec<(&Name, &Property)> {
    let (mut indices, names): (Vec<_>, Vec<_>) = properties
        .iter()
        .partition(|(name, _)| array_index(name).is_some());
    indices.sort_by_key(|(name, _)| array_index(name));
    indices.extend(names);
    indices
}

/// Whether a property is no field: the prototype, or one under a symbol.
pub(crate) fn is_special(name: &str) -> bool {
    name == "__proto__" || name.starts_with(SYMBOL)
}

/// All objects of one scan.
#[derive(Debug, Default)]
pub(crate) struct Heap<'a> {
    objects: Vec<Object<'a>>,
}

impl<'a> Heap<'a> {
    pub(crate) fn allocate(&mut self, kind: Kind<'a>, site: Site) -> ObjectId {
        let id = ObjectId(u32::try_from(self.objects.len()).expect("fuel ends a scan long before"));
        self.objects.push(Object {
            kind,
            prototype: None,
            properties: Properties::default(),
            open: false,
            maybe: false,
            past: Past::default(),
            form: Form::Ordinary,
            owner: None,
            label: None,
            site,
        });
        id
    }

    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.objects.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn get(&self, id: ObjectId) -> &Object<'a> {
        &self.objects[id.0 as usize]
    }

    pub(crate) fn get_mut(&mut self, id: ObjectId) -> &mut Object<'a> {
        &mut self.objects[id.0 as usize]
    }

    pub(crate) fn kind(&self, value: &Value) -> Option<&Kind<'a>> {
        value.as_object().map(|id| &self.get(id).kind)
    }

    pub(crate) fn array(&self, value: &Value) -> Option<&Vec<Value>> {
        match self.kind(value) {
            Some(Kind::Array(elements)) => Some(elements),
            _ => None,
        }
    }

    pub(crate) fn array_mut(&mut self, id: ObjectId) -> Option<&mut Vec<Value>> {
        match &mut self.get_mut(id).kind {
            Kind::Array(elements) => Some(Rc::make_mut(elements)),
            _ => None,
        }
    }

    /// The property `key` of `id` or of a prototype, with the object that holds it.
    pub(crate) fn find(&self, id: ObjectId, key: &str) -> Option<(ObjectId, &Property)> {
        let mut current = Some(id);
        for _ in 0..64 {
            let holder = current?;
            let object = self.get(holder);
            if let Some(property) = object.properties.get(key) {
                return Some((holder, property));
            }
            current = object.prototype;
        }
        None
    }

    /// The outermost container that holds `id`, or `id` itself.
    pub(crate) fn root_owner(&self, id: ObjectId) -> ObjectId {
        let mut current = id;
        for _ in 0..32 {
            match self.get(current).owner {
                Some(owner) => current = owner,
                None => break,
            }
        }
        current
    }
}
