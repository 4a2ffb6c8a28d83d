//! A small deserializer from JSON into the API's types.
//!
//! The API has some six hundred structs, and a deserializer's code is stamped out for each: with
//! serde_json's own, decoding alone weighs 330 KB in the page (brotli). This one answers only what
//! [`k8s_openapi`] asks, says nothing about mistakes (the reader has found them, with their places,
//! before anything is decoded), and borrows from the value. It saves a quarter of all types' weight.

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// Some value has another type than the API's. Which one is the reader's to say.
#[derive(Debug)]
pub(crate) struct Mismatch;
impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a field does not have the type the API gives it")
    }
}
impl std::error::Error for Mismatch {}
impl de::Error for Mismatch {
    #[cold]
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Mismatch
    }
    #[cold]
    fn invalid_type(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Mismatch
    }
    #[cold]
    fn invalid_value(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Mismatch
    }
    #[cold]
    fn invalid_length(_: usize, _: &dyn de::Expected) -> Self {
        Mismatch
    }
    #[cold]
    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Mismatch
    }
    #[cold]
    fn missing_field(_: &'static str) -> Self {
        Mismatch
    }
    #[cold]
    fn duplicate_field(_: &'static str) -> Self {
        Mismatch
    }
}
/// A JSON value as a deserializer.
#[derive(Clone, Copy)]
pub(crate) struct De<'a>(pub(crate) &'a Value);
struct Map<'a> {
    it: serde_json::map::Iter<'a>,
    v: Option<&'a Value>,
}
struct Seq<'a>(std::slice::Iter<'a, Value>);
struct Key<'a>(&'a str);
impl<'de> MapAccess<'de> for Map<'de> {
    type Error = Mismatch;
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Mismatch> {
        match self.it.next() {
            Some((k, v)) => {
                self.v = Some(v);
                seed.deserialize(Key(k)).map(Some)
            }
            None => Ok(None),
        }
    }
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Mismatch> {
        match self.v.take() {
            Some(v) => seed.deserialize(De(v)),
            None => Err(Mismatch),
        }
    }
}
impl<'de> SeqAccess<'de> for Seq<'de> {
    type Error = Mismatch;
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Mismatch> {
        match self.0.next() {
            Some(v) => seed.deserialize(De(v)).map(Some),
            None => Ok(None),
        }
    }
}
impl<'de> Deserializer<'de> for Key<'de> {
    type Error = Mismatch;
    fn deserialize_any<V: Visitor<'de>>(self, v: V) -> Result<V::Value, Mismatch> {
        v.visit_str(self.0)
    }
    serde::forward_to_deserialize_any! { bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any }
}
impl<'de> Deserializer<'de> for De<'de> {
    type Error = Mismatch;
    fn deserialize_any<V: Visitor<'de>>(self, v: V) -> Result<V::Value, Mismatch> {
        match self.0 {
            Value::Null => v.visit_unit(),
            Value::Bool(b) => v.visit_bool(*b),
            Value::Number(n) => {
                if let Some(i) = n.as_i64() {
                    v.visit_i64(i)
                } else if let Some(u) = n.as_u64() {
                    v.visit_u64(u)
                } else {
                    v.visit_f64(n.as_f64().unwrap_or(0.0))
                }
            }
            Value::String(s) => v.visit_str(s),
            Value::Array(a) => v.visit_seq(Seq(a.iter())),
            Value::Object(m) => v.visit_map(Map { it: m.iter(), v: None }),
        }
    }
    fn deserialize_struct<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], v: V) -> Result<V::Value, Mismatch> {
        self.deserialize_map(v)
    }
    fn deserialize_map<V: Visitor<'de>>(self, v: V) -> Result<V::Value, Mismatch> {
        match self.0 {
            Value::Object(m) => v.visit_map(Map { it: m.iter(), v: None }),
            _ => Err(Mismatch),
        }
    }
    fn deserialize_seq<V: Visitor<'de>>(self, v: V) -> Result<V::Value, Mismatch> {
        match self.0 {
            Value::Array(a) => v.visit_seq(Seq(a.iter())),
            _ => Err(Mismatch),
        }
    }
    fn deserialize_option<V: Visitor<'de>>(self, v: V) -> Result<V::Value, Mismatch> {
        match self.0 {
            Value::Null => v.visit_none(),
            _ => v.visit_some(self),
        }
    }
    fn deserialize_string<V: Visitor<'de>>(self, v: V) -> Result<V::Value, Mismatch> {
        match self.0 {
            Value::String(s) => v.visit_str(s),
            _ => Err(Mismatch),
        }
    }
    fn deserialize_str<V: Visitor<'de>>(self, v: V) -> Result<V::Value, Mismatch> {
        self.deserialize_string(v)
    }
    fn deserialize_i32<V: Visitor<'de>>(self, v: V) -> Result<V::Value, Mismatch> {
        self.deserialize_i64(v)
    }
    fn deserialize_i64<V: Visitor<'de>>(self, v: V) -> Result<V::Value, Mismatch> {
        match self.0.as_i64() {
            Some(i) => v.visit_i64(i),
            _ => Err(Mismatch),
        }
    }
    fn deserialize_bool<V: Visitor<'de>>(self, v: V) -> Result<V::Value, Mismatch> {
        match self.0 {
            Value::Bool(b) => v.visit_bool(*b),
            _ => Err(Mismatch),
        }
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, v: V) -> Result<V::Value, Mismatch> {
        v.visit_newtype_struct(self)
    }
    fn deserialize_ignored_any<V: Visitor<'de>>(self, v: V) -> Result<V::Value, Mismatch> {
        v.visit_unit()
    }
    serde::forward_to_deserialize_any! { i8 i16 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct enum identifier }
}

#[cfg(test)]
mod tests {
    use crate::{Kind, Object};
    use serde_json::json;

    #[test]
    fn what_the_types_hold_survives_decoding() {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "p", "labels": {"a": "b"}, "creationTimestamp": "2026-01-05T09:00:00Z"},
            "spec": {"containers": [{"name": "c", "image": "i", "ports": [{"containerPort": 80}], "resources": {"limits": {"cpu": "1"}},
                "livenessProbe": {"httpGet": {"port": "http"}}, "readinessProbe": {"tcpSocket": {"port": 80}}}], "automountServiceAccountToken": false}
        });
        let object = Object::from_json(Kind::Pod, pod.clone()).expect("a Pod");
        assert_eq!(object.to_json().expect("JSON"), pod);
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"k": "djE="}});
        assert_eq!(Object::from_json(Kind::Secret, secret.clone()).expect("a Secret").to_json().expect("JSON"), secret);
    }

    #[test]
    fn a_wrong_type_is_refused() {
        assert!(Object::from_json(Kind::Pod, json!({"metadata": {"name": 5}})).is_err());
    }
}
