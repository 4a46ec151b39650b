//! What a rule calls bad, with the number that it compares with.

use super::Inputs;
use super::baseline::{self, Demand};
use super::input::warned;
use super::values::Value;
use super::words::with_unit;
use crate::metrics::decimal::Decimal;
use crate::metrics::statistic::Bound;
use crate::model::{Bad, GateCheck, Operator, Problem};

/// A comparison that holds for a bad value, its number read or computed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Threshold {
    pub(super) bound: Bound,
    pub(super) baseline: Option<f64>,
}

impl Threshold {
    /// # Errors
    /// When a number of it cannot be read, or its baseline cannot be had.
    pub(super) fn of(when: &Bad, check: &GateCheck, inputs: &Inputs) -> Result<Self, Problem> {
        match when {
            Bad::Fixed { operator, bound } => Ok(Self {
                bound: Bound {
                    operator: *operator,
                    value: number(bound)?,
                },
                baseline: None,
            }),
            Bad::Relative {
                operator,
                factor,
                min_delta,
                baseline,
            } => {
                let factor = number(factor)?;
                let delta = min_delta.as_deref().map(number).transpose()?;
                if let Some(problem) = baseline.metric().and_then(|metric| warned(metric, inputs)) {
                    return Err(problem);
                }
                let base = baseline::value(baseline, inputs, Some(Demand::of_check(check)))?;
                let value = relative(*operator, base, factor, delta);
                if !value.is_finite() {
                    let what = "the baseline times its factor is no finite number";
                    return Err(Problem::new("gate-baseline", what));
                }
                Ok(Self {
                    bound: Bound {
                        operator: *operator,
                        value,
                    },
                    baseline: Some(base),
                })
            }
        }
    }

    /// Whether the value is bad; none where nothing is known.
    pub(super) fn is_bad(&self, value: Value) -> Option<bool> {
        match value {
            Value::Number(number) => Some(self.bound.operator.holds(number, self.bound.value)),
            Value::Good => Some(false),
            Value::Bad => Some(true),
            Value::Unknown => None,
        }
    }

    /// The worst of bad numbers: the farthest from what is good.
    pub(super) fn is_worse(&self, value: f64, than: f64) -> bool {
        match self.bound.operator {
            Operator::Greater | Operator::AtLeast => value > than,
            Operator::Less | Operator::AtMost => value < than,
            Operator::Equal => false,
            Operator::NotEqual => {
                (value - self.bound.value).abs() > (than - self.bound.value).abs()
            }
        }
    }
}

fn relative(operator: Operator, base: f64, factor: f64, delta: Option<f64>) -> f64 {
    let product = base * factor;
    match (operator, delta) {
        (Operator::Greater | Operator::AtLeast, Some(delta)) => product.max(base + delta),
        (Operator::Less | Operator::AtMost, Some(delta)) => product.min(base - delta),
        (Operator::Equal | Operator::NotEqual, _) | (_, None) => product,
    }
}

/// Reads a decimal number of a rule.
///
/// # Errors
/// When it is none.
pub(super) fn number(text: &str) -> Result<f64, Problem> {
    decimal(text).map(Decimal::to_f64)
}

pub(super) fn decimal(text: &str) -> Result<Decimal, Problem> {
    Decimal::parse(text)
        .ok_or_else(|| Problem::new("gate-rule", format!("{text:?} is no decimal number")))
}

/// What is bad, such as `> 0.35 s` or `> 1.2 times the baseline`.
pub(super) fn words(when: &Bad, unit: &str) -> String {
    match when {
        Bad::Fixed { operator, bound } => format!("{operator} {}", with_unit(bound, unit)),
        Bad::Relative {
            operator,
            factor,
            min_delta,
            ..
        } => {
            let times = format!("{operator} {factor} times the baseline");
            let away = match operator {
                Operator::Less | Operator::AtMost => "below",
                _ => "above",
            };
            match min_delta {
                Some(delta) => format!("{times} and at least {} {away} it", with_unit(delta, unit)),
                None => times,
            }
        }
    }
}
