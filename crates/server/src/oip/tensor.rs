//! Tensors as they come: shape, type and numbers.

use serde_json::Value;

use super::{OipError, wrong};

/// Most numbers of a tensor.
const MOST_ELEMENTS: usize = 1 << 20;

/// Types that are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Datatype {
    /// 64-bit float.
    Fp64,
    /// 32-bit float.
    Fp32,
    /// 64-bit integer, with sign.
    Int64,
    /// 32-bit integer, with sign.
    Int32,
}

/// A tensor of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Its name.
    pub name: String,
    /// Its shape; the product is the number of values.
    pub shape: Vec<usize>,
    /// Its values, the last axis fastest. All are finite.
    pub values: Vec<f64>,
}

impl Datatype {
    /// Returns the type of that name in the protocol.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "FP64" => Some(Self::Fp64),
            "FP32" => Some(Self::Fp32),
            "INT64" => Some(Self::Int64),
            "INT32" => Some(Self::Int32),
            _ => None,
        }
    }

    /// Returns the bytes of a value.
    pub fn size(self) -> usize {
        match self {
            Self::Fp64 | Self::Int64 => 8,
            Self::Fp32 | Self::Int32 => 4,
        }
    }

    /// Returns the values in bytes, the lowest byte first. What is left over at the end is not looked at.
    fn read(self, bytes: &[u8]) -> Vec<f64> {
        match self {
            Self::Fp64 => bytes.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect(),
            Self::Fp32 => bytes.as_chunks().0.iter().map(|&bytes| f64::from(f32::from_le_bytes(bytes))).collect(),
            Self::Int64 => bytes.as_chunks().0.iter().map(|&bytes| i64::from_le_bytes(bytes) as f64).collect(),
            Self::Int32 => bytes.as_chunks().0.iter().map(|&bytes| f64::from(i32::from_le_bytes(bytes))).collect(),
        }
    }
}

/// Returns the number of values of a shape.
///
/// # Errors
/// When an axis is empty, or there are too many values, or more than can be counted.
pub fn elements(name: &str, shape: &[usize]) -> Result<usize, OipError> {
    let product = shape.iter().try_fold(1_usize, |product, &axis| product.checked_mul(axis));
    match product {
        Some(0) => wrong(format!("input {name:?}: shape {shape:?} has no values")),
        Some(count) if count <= MOST_ELEMENTS => Ok(count),
        _ => wrong(format!("input {name:?}: shape {shape:?} has more than {MOST_ELEMENTS} values")),
    }
}

impl Tensor {
    /// Returns a tensor of binary data.
    ///
    /// # Errors
    /// When there are more or fewer bytes than the shape has, or a value is not finite.
    pub fn from_bytes(name: String, shape: Vec<usize>, datatype: Datatype, bytes: &[u8]) -> Result<Self, OipError> {
        let expected = elements(&name, &shape)? * datatype.size();
        if bytes.len() != expected {
            let given = bytes.len();
            return wrong(format!("input {name:?}: has {given} bytes, but shape {shape:?} takes {expected}"));
        }
        Self::finite(name, shape, datatype.read(bytes))
    }

    /// Returns a tensor of numbers in JSON: in nested arrays, or in one.
    ///
    /// # Errors
    /// When there are more or fewer numbers than the shape has, or one is none.
    pub fn from_json(name: String, shape: Vec<usize>, data: &Value) -> Result<Self, OipError> {
        let expected = elements(&name, &shape)?;
        let mut values = Vec::with_capacity(expected);
        flatten(&name, data, expected, &mut values)?;
        if values.len() != expected {
            let given = values.len();
            return wrong(format!("input {name:?}: has {given} values, but shape {shape:?} takes {expected}"));
        }
        Self::finite(name, shape, values)
    }

    fn finite(name: String, shape: Vec<usize>, values: Vec<f64>) -> Result<Self, OipError> {
        match values.iter().position(|value| !value.is_finite()) {
            Some(place) => {
                wrong(format!("input {name:?}: value {place} is {}, which is no finite number", values[place]))
            }
            None => Ok(Self { name, shape, values }),
        }
    }
}

fn flatten(name: &str, data: &Value, most: usize, values: &mut Vec<f64>) -> Result<(), OipError> {
    match data {
        Value::Array(items) => items.iter().try_for_each(|item| flatten(name, item, most, values)),
        Value::Number(number) if values.len() <= most => {
            values.extend(number.as_f64());
            Ok(())
        }
        Value::Number(_) => Ok(()),
        _ => wrong(format!("input {name:?}: value {} is no number", values.len())),
    }
}
