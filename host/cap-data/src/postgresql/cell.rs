//! Cells of answers as texts, and parameters that the server reads as texts. What a guest gives is never a part of SQL.

use std::error::Error;

use bytes::{BufMut as _, BytesMut};
use tokio_postgres::types::{Format, FromSql, IsNull, ToSql, Type, to_sql_checked};

type Failed = Box<dyn Error + Sync + Send>;

/// A text, or NULL, for a parameter of any type: the server reads it as it would read a quoted one.
#[derive(Debug)]
pub(super) struct Parameter(pub(super) Option<String>);

impl Parameter {
    pub(super) fn of(text: &str) -> Self {
        Self(Some(text.to_owned()))
    }
}

impl ToSql for Parameter {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Failed> {
        let Some(text) = &self.0 else { return Ok(IsNull::Yes) };
        out.put_slice(text.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

/// A cell as a text.
pub(super) struct Cell(pub(super) String);

impl Cell {
    /// Whether cells of this type are read. Others have forms that only the server knows to write as a text.
    pub(super) fn reads(ty: &Type) -> bool {
        matches!(
            *ty,
            Type::BOOL
                | Type::INT2
                | Type::INT4
                | Type::INT8
                | Type::OID
                | Type::FLOAT4
                | Type::FLOAT8
                | Type::TEXT
                | Type::VARCHAR
                | Type::BPCHAR
                | Type::NAME
                | Type::UNKNOWN
                | Type::JSON
                | Type::JSONB
                | Type::UUID
        )
    }
}

impl<'a> FromSql<'a> for Cell {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Failed> {
        let text = match *ty {
            Type::BOOL => bool::from_sql(ty, raw)?.to_string(),
            Type::INT2 => i16::from_sql(ty, raw)?.to_string(),
            Type::INT4 => i32::from_sql(ty, raw)?.to_string(),
            Type::INT8 => i64::from_sql(ty, raw)?.to_string(),
            Type::OID => u32::from_sql(ty, raw)?.to_string(),
            Type::FLOAT4 => f32::from_sql(ty, raw)?.to_string(),
            Type::FLOAT8 => f64::from_sql(ty, raw)?.to_string(),
            Type::UUID => uuid(raw)?,
            // The first byte is the version of the form, and there is one.
            Type::JSONB => utf8(raw.strip_prefix(&[1]).ok_or("it is JSONB of an unknown version")?)?,
            _ => utf8(raw)?,
        };
        Ok(Self(text))
    }

    fn accepts(ty: &Type) -> bool {
        Self::reads(ty)
    }
}

fn utf8(raw: &[u8]) -> Result<String, Failed> {
    Ok(std::str::from_utf8(raw)?.to_owned())
}

fn uuid(raw: &[u8]) -> Result<String, Failed> {
    let bytes: [u8; 16] = raw.try_into()?;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(ty: &Type, raw: &[u8]) -> Result<String, Failed> {
        Cell::from_sql(ty, raw).map(|Cell(text)| text)
    }

    #[test]
    fn cells_are_texts() {
        for (ty, raw, text) in [
            (Type::BOOL, &[1][..], "true"),
            (Type::INT4, &[0xff, 0xff, 0xff, 0xfe][..], "-2"),
            (Type::INT8, &[0, 0, 0, 1, 0, 0, 0, 0][..], "4294967296"),
            (Type::TEXT, "né".as_bytes(), "né"),
            (Type::JSONB, &b"\x01{\"a\":1}"[..], "{\"a\":1}"),
            (
                Type::UUID,
                &[0x12, 0x3e, 0x45, 0x67, 0xe8, 0x9b, 0x12, 0xd3, 0xa4, 0x56, 0x42, 0x66, 0x14, 0x17, 0x40, 0x00][..],
                "123e4567-e89b-12d3-a456-426614174000",
            ),
        ] {
            assert_eq!(read(&ty, raw).unwrap(), text, "{ty}");
        }
        for (ty, raw) in
            [(Type::TEXT, &[0xff][..]), (Type::INT4, &[1][..]), (Type::UUID, &[1][..]), (Type::JSONB, &b"\x02{}"[..])]
        {
            assert!(read(&ty, raw).is_err(), "{ty}");
        }
        assert!(!Cell::reads(&Type::NUMERIC) && !Cell::reads(&Type::TIMESTAMPTZ));
    }

    #[test]
    fn a_parameter_is_bytes_of_its_own() {
        let mut out = BytesMut::new();
        assert!(matches!(Parameter::of("a'; drop table t").to_sql(&Type::TEXT, &mut out), Ok(IsNull::No)));
        assert_eq!(&out[..], b"a'; drop table t");
        let mut out = BytesMut::new();
        assert!(matches!(Parameter(None).to_sql(&Type::INT4, &mut out), Ok(IsNull::Yes)) && out.is_empty());
    }
}
