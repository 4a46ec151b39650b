//! Inflates one gzip member (RFC 1951), piece by piece or whole.

use super::gunzip::GunzipError;
use super::gzip::TRAILER;
use flate2::{Crc, Decompress, FlushDecompress, Status};

/// CRC and size at the end of a member.
#[derive(Clone, Copy)]
pub(super) struct Trailer {
    pub(super) crc: u32,
    pub(super) size: u32,
}

impl Trailer {
    /// Of a member that ends with these bytes.
    pub(super) fn of(bytes: &[u8]) -> Self {
        match bytes.last_chunk::<TRAILER>() {
            Some([a, b, c, d, e, f, g, h]) => Self {
                crc: u32::from_le_bytes([*a, *b, *c, *d]),
                size: u32::from_le_bytes([*e, *f, *g, *h]),
            },
            None => Self { crc: 0, size: 0 },
        }
    }
}

/// What one step did.
pub(super) struct Step {
    pub(super) taken: usize,
    pub(super) made: usize,
    pub(super) ended: bool,
}

/// An inflater with its window, used for one member after another.
pub(super) struct Inflate {
    state: Decompress,
    crc: Crc,
}

impl Inflate {
    pub(super) fn new() -> Self {
        Self {
            state: Decompress::new(false),
            crc: Crc::new(),
        }
    }

    pub(super) fn reset(&mut self) {
        self.state.reset(false);
        self.crc.reset();
    }

    /// Inflates what `input` gives into `out`.
    pub(super) fn step(&mut self, input: &[u8], out: &mut [u8]) -> Result<Step, GunzipError> {
        let (before_in, before_out) = (self.state.total_in(), self.state.total_out());
        let status = (self.state)
            .decompress(input, out, FlushDecompress::None)
            .map_err(|_| GunzipError::Data)?;
        let made = (self.state.total_out() - before_out) as usize;
        self.crc.update(out.get(..made).unwrap_or_default());
        Ok(Step {
            taken: (self.state.total_in() - before_in) as usize,
            made,
            ended: status == Status::StreamEnd,
        })
    }

    /// Compares what was inflated with the member's trailer; gives how many bytes there were.
    pub(super) fn check(&self, trailer: Trailer) -> Result<u64, GunzipError> {
        if trailer.crc != self.crc.sum() {
            return Err(GunzipError::Checksum);
        }
        if trailer.size != self.crc.amount() {
            return Err(GunzipError::Size);
        }
        Ok(self.state.total_out())
    }

    /// Inflates a member but its header into `out`'s memory.
    pub(super) fn whole(
        &mut self,
        member: &[u8],
        mut out: Vec<u8>,
    ) -> Result<Vec<u8>, GunzipError> {
        let trailer = Trailer::of(member);
        let data = (member.get(..member.len().saturating_sub(TRAILER))).unwrap_or_default();
        self.reset();
        // One byte more than it says to hold, so that a member that lies is seen.
        let want = trailer.size as usize + 1;
        if out.len() < want {
            out.resize(want, 0);
        }
        let (mut taken, mut made) = (0, 0);
        loop {
            let input = data.get(taken..).unwrap_or_default();
            let room = out.get_mut(made..want).unwrap_or_default();
            let step = self.step(input, room)?;
            taken += step.taken;
            made += step.made;
            if step.ended {
                break;
            }
            if made == want {
                return Err(GunzipError::Size);
            }
            if step.taken == 0 && step.made == 0 {
                return Err(GunzipError::MemberSize);
            }
        }
        if taken != data.len() {
            return Err(GunzipError::MemberSize);
        }
        self.check(trailer)?;
        out.truncate(made);
        Ok(out)
    }
}
