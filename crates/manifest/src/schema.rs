//! The Go types of the Kubernetes API: names, fields, pointers, what is left out when empty.
//!
//! The table (`schema/schema.txt`) is made by `examples/schema.rs` and read once, at first use.
//! Decoding, the canonical form of objects and the Go words of messages all come from it.

use std::collections::BTreeMap;
use std::sync::OnceLock;

const TABLE: &str = include_str!("schema/schema.txt");

/// Position of a type in the [`Schema`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TypeId(u32);

/// What a type is made of.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A string, or a type that is one underneath.
    String,
    /// A boolean.
    Bool,
    /// A signed integer of so many bits.
    Int(u8),
    /// An unsigned byte.
    Byte,
    /// A float.
    Float,
    /// Bytes, base64 in JSON.
    Bytes,
    /// A struct.
    Struct(usize),
    /// A list.
    List(TypeId),
    /// A map from strings.
    Map(TypeId),
    /// A pointer: it knows absence from zero.
    Pointer(TypeId),
    /// A `resource.Quantity`.
    Quantity,
    /// An `intstr.IntOrString`.
    IntOrString,
    /// A time in whole seconds.
    Time,
    /// A time in microseconds.
    MicroTime,
    /// A duration such as `5s`.
    Duration,
    /// Any JSON.
    Raw,
    /// A boolean or the struct: `JSONSchemaPropsOrBool` and its like.
    Or(TypeId),
}

/// A type.
#[derive(Clone, Debug)]
pub struct Type {
    /// What it is made of.
    pub shape: Shape,
    /// How Go's reflection names it: `[]v1.Container`.
    pub go: String,
}

/// A field of a struct; those of embedded structs are fields of their own.
#[derive(Clone, Debug)]
pub struct Field {
    /// The name in JSON.
    pub json: &'static str,
    /// The name in Go where it is not the JSON name with a capital.
    pub go: Option<&'static str>,
    /// The type.
    pub ty: TypeId,
    /// Left out when empty.
    pub omit_empty: bool,
    /// Left out when it is the zero value, structs included.
    pub omit_zero: bool,
    /// Required by the OpenAPI schema.
    pub required: bool,
    /// Names of the embedded structs that it comes from, joined by dots.
    pub embedded: Option<String>,
    /// The key by which a strategic merge patch matches list items; empty for lists of scalars
    /// that merge.
    pub merge_key: Option<&'static str>,
}

/// A struct.
#[derive(Clone, Debug)]
pub struct Struct {
    /// Short name of its package: `core`, `meta`, `apps`.
    pub package: &'static str,
    /// Its Go name.
    pub name: &'static str,
    /// Its fields in Go's order.
    pub fields: Vec<Field>,
    /// Positions of the fields, sorted by JSON name.
    sorted: Vec<u16>,
    /// Whether it has `kind` and `apiVersion`.
    pub is_root: bool,
}

impl Struct {
    /// The field of a JSON name.
    pub fn field(&self, json: &str) -> Option<&Field> {
        let at = self.sorted.binary_search_by(|i| self.fields.get(usize::from(*i)).map_or("", |f| f.json).cmp(json)).ok()?;
        self.fields.get(usize::from(*self.sorted.get(at)?))
    }

    /// The name that the API's OpenAPI documents have: `io.k8s.api.core.v1.Container`.
    pub fn open_api_name(&self) -> String {
        let package = match self.package {
            "meta" => "io.k8s.apimachinery.pkg.apis.meta.v1".to_owned(),
            "apiextensions" => "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1".to_owned(),
            "autoscaling" => "io.k8s.api.autoscaling.v2".to_owned(),
            "autoscaling1" => "io.k8s.api.autoscaling.v1".to_owned(),
            p => format!("io.k8s.api.{p}.v1"),
        };
        format!("{package}.{}", self.name)
    }
}

/// A field of an internal type, as `%v` and JSON without tags show it.
#[derive(Clone, Debug)]
pub struct InternalField {
    /// Its Go name; for an embedded struct the struct's name.
    pub name: &'static str,
    /// Its type, with the package written out: `[]~core.Container`.
    pub ty: String,
    /// Whether the struct is embedded.
    pub embedded: bool,
}

/// All types.
#[derive(Debug)]
pub struct Schema {
    types: Vec<Type>,
    structs: Vec<Struct>,
    by_name: BTreeMap<String, TypeId>,
    /// Fields of internal structs by full name.
    internal: BTreeMap<String, Vec<InternalField>>,
    /// Underlying types of the named internal types.
    internal_names: BTreeMap<String, String>,
}

/// The schema.
pub fn schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| Builder::read(TABLE))
}

impl Schema {
    /// A type by its position.
    pub fn get(&self, id: TypeId) -> &Type {
        // A TypeId is only made by the builder, beside the type.
        &self.types[id.0 as usize]
    }

    /// A struct by its position.
    pub fn structure(&self, at: usize) -> &Struct {
        &self.structs[at]
    }

    /// A type by its full name: `core.Pod`.
    pub fn find(&self, name: &str) -> Option<TypeId> {
        self.by_name.get(name).copied()
    }

    /// The struct of a type, pointers followed.
    pub fn struct_of(&self, id: TypeId) -> Option<&Struct> {
        match self.get(id).shape {
            Shape::Struct(at) => Some(self.structure(at)),
            Shape::Pointer(to) | Shape::Or(to) => self.struct_of(to),
            _ => None,
        }
    }

    /// The type of a value that a pointer points to.
    pub fn deref(&self, id: TypeId) -> TypeId {
        match self.get(id).shape {
            Shape::Pointer(to) => self.deref(to),
            _ => id,
        }
    }

    /// The fields of an internal struct: `~core.PodSpec`.
    pub fn internal(&self, name: &str) -> Option<&[InternalField]> {
        self.internal.get(name).map(Vec::as_slice)
    }

    /// What a named internal type is underneath.
    pub fn internal_underlying(&self, name: &str) -> Option<&str> {
        self.internal_names.get(name).map(String::as_str)
    }
}

struct Builder {
    schema: Schema,
    /// Lines of each struct, until it is resolved.
    bodies: BTreeMap<String, (&'static str, &'static str, Vec<&'static str>)>,
    /// Underlying type of named types.
    named: BTreeMap<String, (&'static str, &'static str)>,
}

impl Builder {
    fn read(table: &'static str) -> Schema {
        let schema = Schema { types: Vec::new(), structs: Vec::new(), by_name: BTreeMap::new(), internal: BTreeMap::new(), internal_names: BTreeMap::new() };
        let mut b = Builder { schema, bodies: BTreeMap::new(), named: BTreeMap::new() };
        let (mut package, mut open) = ("", String::new());
        for line in table.lines() {
            if let Some(p) = line.strip_prefix('@') {
                package = p;
            } else if let Some(name) = line.strip_prefix('=') {
                open = format!("{package}.{name}");
                b.bodies.insert(open.clone(), (package, name, Vec::new()));
            } else if let Some((name, under)) = line.strip_prefix(':').and_then(|l| l.split_once(' ')) {
                b.named.insert(format!("{package}.{name}"), (package, under));
            } else if let Some(body) = b.bodies.get_mut(&open) {
                body.2.push(line);
            }
        }
        let names: Vec<String> = b.bodies.keys().cloned().collect();
        for name in names {
            if name.starts_with('~') {
                b.internal(&name);
            } else {
                b.resolve(&name, "");
            }
        }
        let named = std::mem::take(&mut b.named);
        for (name, (package, under)) in named.into_iter().filter(|(n, _)| n.starts_with('~')) {
            b.schema.internal_names.insert(name, absolute(under, package));
        }
        b.schema
    }

    fn internal(&mut self, name: &str) {
        let Some((package, _, lines)) = self.bodies.get(name).cloned() else { return };
        let fields = lines
            .iter()
            .filter_map(|line| {
                if let Some(ty) = line.strip_prefix('+') {
                    return Some(InternalField { name: ty.rsplit('.').next().unwrap_or_default(), ty: absolute(ty, package), embedded: true });
                }
                let (name, ty) = line.split_once(' ')?;
                Some(InternalField { name, ty: absolute(ty, package), embedded: false })
            })
            .collect();
        self.schema.internal.insert(name.to_owned(), fields);
    }

    /// The type of an expression such as `*.Container` or `map[string][]byte`.
    fn resolve(&mut self, expression: &str, package: &str) -> TypeId {
        let full = absolute(expression, package);
        if let Some(id) = self.schema.by_name.get(&full) {
            return *id;
        }
        let id = TypeId(self.schema.types.len() as u32);
        self.schema.types.push(Type { shape: Shape::Raw, go: go_name(&full) });
        self.schema.by_name.insert(full.clone(), id);
        let shape = self.shape(&full);
        if let Some(t) = self.schema.types.get_mut(id.0 as usize) {
            t.shape = shape;
            if full == "[]byte" {
                "[]uint8".clone_into(&mut t.go);
            }
        }
        id
    }

    fn shape(&mut self, full: &str) -> Shape {
        match full {
            "string" => return Shape::String,
            "bool" => return Shape::Bool,
            "int8" => return Shape::Int(8),
            "int32" => return Shape::Int(32),
            "int64" | "int" => return Shape::Int(64),
            "uint8" | "byte" => return Shape::Byte,
            "float64" | "float32" => return Shape::Float,
            "[]byte" => return Shape::Bytes,
            "resource.Quantity" => return Shape::Quantity,
            "intstr.IntOrString" => return Shape::IntOrString,
            "meta.Time" => return Shape::Time,
            "meta.MicroTime" => return Shape::MicroTime,
            "meta.Duration" => return Shape::Duration,
            "meta.FieldsV1"
            | "apiextensions.JSON"
            | "runtime.RawExtension"
            | "runtime.Object"
            | "apiextensions.JSONSchemaPropsOrStringArray"
            | "apiextensions.JSONSchemaPropsOrArray" => return Shape::Raw,
            "apiextensions.JSONSchemaPropsOrBool" => return Shape::Or(self.resolve("apiextensions.JSONSchemaProps", "")),
            _ => {}
        }
        if let Some(to) = full.strip_prefix('*') {
            return Shape::Pointer(self.resolve(to, ""));
        }
        if let Some(of) = full.strip_prefix("[]") {
            return Shape::List(self.resolve(of, ""));
        }
        if let Some((_, value)) = full.strip_prefix("map[").and_then(|m| m.split_once(']')) {
            return Shape::Map(self.resolve(value, ""));
        }
        if let Some((package, under)) = self.named.get(full).copied() {
            let under = self.resolve(under, package);
            return self.schema.get(under).shape.clone();
        }
        if self.bodies.contains_key(full) {
            let at = self.structure(full);
            return Shape::Struct(at);
        }
        // `types.UID` and its like.
        Shape::String
    }

    fn structure(&mut self, full: &str) -> usize {
        let (package, name, lines) = self.bodies.get(full).cloned().unwrap_or(("", "", Vec::new()));
        let at = self.schema.structs.len();
        self.schema.structs.push(Struct { package, name, fields: Vec::new(), sorted: Vec::new(), is_root: false });
        let mut fields = Vec::new();
        let mut is_root = false;
        for line in lines {
            if line == "%" {
                is_root = true;
            } else if let Some(ty) = line.strip_prefix('+') {
                let id = self.resolve(ty, package);
                if let Some(s) = self.schema.struct_of(id) {
                    let inner = s.name;
                    fields.extend(s.fields.iter().map(|f| Field {
                        embedded: Some(match &f.embedded {
                            Some(e) => format!("{inner}.{e}"),
                            None => inner.to_owned(),
                        }),
                        ..f.clone()
                    }));
                }
            } else {
                fields.extend(self.field(line, package));
            }
        }
        let mut sorted: Vec<u16> = (0..fields.len() as u16).collect();
        sorted.sort_by_key(|i| fields.get(usize::from(*i)).map_or("", |f: &Field| f.json));
        if let Some(s) = self.schema.structs.get_mut(at) {
            (s.fields, s.sorted, s.is_root) = (fields, sorted, is_root);
        }
        at
    }

    fn field(&mut self, line: &'static str, package: &str) -> Option<Field> {
        let mut words = line.split(' ');
        let (json, ty, go) = (words.next()?, words.next()?, words.next());
        let (ty, merge_key) = ty.split_once('^').map_or((ty, None), |(t, k)| (t, Some(k)));
        let end = ty.find(['?', '!', '~']).unwrap_or(ty.len());
        let (ty, flags) = ty.split_at(end);
        Some(Field {
            json,
            go,
            ty: self.resolve(ty, package),
            omit_empty: flags.contains('?'),
            omit_zero: flags.contains('0'),
            required: flags.contains('!'),
            embedded: None,
            merge_key,
        })
    }
}

/// Writes the package into a relative type expression.
fn absolute(ty: &str, package: &str) -> String {
    for prefix in ["*", "[]"] {
        if let Some(rest) = ty.strip_prefix(prefix) {
            return format!("{prefix}{}", absolute(rest, package));
        }
    }
    if let Some((key, value)) = ty.strip_prefix("map[").and_then(|m| m.split_once(']')) {
        return format!("map[{}]{}", absolute(key, package), absolute(value, package));
    }
    if ty.starts_with('.') { format!("{package}{ty}") } else { ty.to_owned() }
}

/// The name that Go's reflection gives.
fn go_name(full: &str) -> String {
    for prefix in ["*", "[]"] {
        if let Some(rest) = full.strip_prefix(prefix) {
            return format!("{prefix}{}", go_name(rest));
        }
    }
    if let Some((key, value)) = full.strip_prefix("map[").and_then(|m| m.split_once(']')) {
        return format!("map[{}]{}", go_name(key), go_name(value));
    }
    match full.split_once('.') {
        Some(("resource" | "intstr" | "types" | "runtime", _)) => full.to_owned(),
        Some(("autoscaling", name)) => format!("v2.{name}"),
        Some((_, name)) => format!("v1.{name}"),
        None if full == "byte" => "uint8".to_owned(),
        None => full.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_fields_are_found_under_their_json_names() {
        let s = schema();
        let pod = s.struct_of(s.find("core.Volume").unwrap()).unwrap();
        let field = pod.field("configMap").unwrap();
        assert_eq!(field.embedded.as_deref(), Some("VolumeSource"));
        assert_eq!(s.get(s.deref(field.ty)).go, "v1.ConfigMapVolumeSource");
    }

    #[test]
    fn every_kind_has_a_struct() {
        for kind in crate::Kind::ALL {
            assert!(crate::decode::type_of(kind.group(), kind.version(), kind.name()).is_some(), "{kind:?}");
        }
    }

    #[test]
    fn go_names_are_those_of_reflection() {
        let s = schema();
        let of = |t: &str, f: &str| s.get(s.struct_of(s.find(t).unwrap()).unwrap().field(f).unwrap().ty).go.clone();
        assert_eq!(of("core.Secret", "data"), "map[string][]uint8");
        assert_eq!(of("core.PodSpec", "containers"), "[]v1.Container");
        assert_eq!(of("core.ResourceRequirements", "limits"), "v1.ResourceList");
    }
}
