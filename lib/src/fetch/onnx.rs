//! As much of the ONNX format as it takes to read a network's weights: the field
//! numbers are onnx.proto's, every other field is skipped.

use prost::Message;

/// ONNX's number for 32-bit floats.
pub(super) const FLOAT: i32 = 1;

#[derive(Message)]
struct Model {
    #[prost(message, optional, tag = "7")]
    graph: Option<Graph>,
}

#[derive(Message)]
struct Graph {
    #[prost(message, repeated, tag = "5")]
    initializer: Vec<Initializer>,
}

/// A tensor that the file holds.
#[derive(Message)]
pub(super) struct Initializer {
    /// Its shape.
    #[prost(int64, repeated, tag = "1")]
    pub(super) dims: Vec<i64>,
    /// Its element type; [`FLOAT`] here.
    #[prost(int32, tag = "2")]
    pub(super) data_type: i32,
    /// Its name in the graph.
    #[prost(string, tag = "8")]
    pub(super) name: String,
    /// Its elements, little-endian.
    #[prost(bytes = "vec", tag = "9")]
    pub(super) raw_data: Vec<u8>,
}

/// The tensors in an ONNX file.
pub(super) fn initializers(file: &[u8]) -> Result<Vec<Initializer>, prost::DecodeError> {
    Ok(Model::decode(file)?.graph.unwrap_or_default().initializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_knows_and_skips_the_rest() {
        let tensor =
            Initializer { dims: vec![2, 1], data_type: FLOAT, name: "w".into(), raw_data: vec![7; 8] };
        let model = Model { graph: Some(Graph { initializer: vec![tensor] }) };
        // Field 1 (ir_version) as a varint, field 2 (producer_name) as text.
        let mut bytes = vec![0x08, 8, 0x12, 2, b'o', b'k'];
        bytes.extend(model.encode_to_vec());
        let read = initializers(&bytes).unwrap();
        assert_eq!((read.len(), read[0].name.as_str(), read[0].dims.as_slice()), (1, "w", [2, 1].as_slice()));
        assert_eq!(read[0].raw_data, [7; 8]);
        assert!(initializers(&bytes[..bytes.len() - 3]).is_err(), "a truncated file is an error");
    }
}
