//! What an ELF program says of itself: its machine, its loader, the glibc it needs.

use object::elf::{self, FileHeader64};
use object::read::elf::{FileHeader as _, ProgramHeader as _};
use object::{Endianness, read};

use crate::error::{Error, ErrorKind, Result};
use crate::export::Architecture;

type Header = FileHeader64<Endianness>;

/// What a program is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProgramFacts {
    /// What it was built for.
    pub architecture: Architecture,
    /// What loads it, such as `/lib64/ld-linux-x86-64.so.2`; nothing where it is linked statically.
    pub loader: Option<String>,
    /// The oldest glibc that it runs with, where it asks for one.
    pub glibc: Option<(u32, u32)>,
}

/// Reads the head of a program; `Binary` where it is none for Linux in 64 bits.
pub fn inspect(program: &[u8]) -> Result<ProgramFacts> {
    let wrong = |error: read::Error| {
        Error::new(
            ErrorKind::Binary,
            "it is no program for Linux (ELF in 64 bits): build it with --target of a Linux triple",
        )
        .with_source(error)
    };
    let header = Header::parse(program).map_err(wrong)?;
    let endian = header.endian().map_err(wrong)?;
    if !matches!(header.e_type(endian), elf::ET_EXEC | elf::ET_DYN) {
        return Err(Error::new(
            ErrorKind::Binary,
            "it is a library or an object, not a program",
        ));
    }
    let architecture = match header.e_machine(endian) {
        elf::EM_X86_64 => Architecture::X86_64,
        elf::EM_AARCH64 => Architecture::Arm64,
        other => {
            let message = format!(
                "it is built for the machine {other} of ELF, and platforms run x86_64 and aarch64"
            );
            return Err(Error::new(ErrorKind::Binary, message));
        }
    };
    Ok(ProgramFacts {
        architecture,
        loader: loader(header, endian, program).map_err(wrong)?,
        glibc: glibc(header, endian, program).map_err(wrong)?,
    })
}

fn loader(header: &Header, endian: Endianness, program: &[u8]) -> read::Result<Option<String>> {
    for segment in header.program_headers(endian, program)? {
        if let Some(path) = segment.interpreter(endian, program)? {
            return Ok(Some(String::from_utf8_lossy(path).into_owned()));
        }
    }
    Ok(None)
}

/// The newest of the versions `GLIBC_2.x` that its symbols ask for.
fn glibc(header: &Header, endian: Endianness, program: &[u8]) -> read::Result<Option<(u32, u32)>> {
    let sections = header.sections(endian, program)?;
    let Some((mut libraries, strings)) = sections.gnu_verneed(endian, program)? else {
        return Ok(None);
    };
    let strings = sections.strings(endian, program, strings)?;
    let mut newest = None;
    while let Some((_, mut versions)) = libraries.next()? {
        while let Some(version) = versions.next()? {
            let name = version.name(endian, strings)?;
            newest = newest.max(glibc_version(name));
        }
    }
    Ok(newest)
}

fn glibc_version(name: &[u8]) -> Option<(u32, u32)> {
    let name = std::str::from_utf8(name).ok()?;
    let mut numbers = name.strip_prefix("GLIBC_")?.split('.');
    let major = numbers.next()?.parse().ok()?;
    Some((major, numbers.next()?.parse().ok()?))
}
