//! Amounts, assets, rates and accrual: exact integer arithmetic.
