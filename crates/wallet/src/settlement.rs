use open_payments::Timestamp;

use crate::ledger::Holder;
use crate::outgoing::{OutgoingPayment, Progress};
use crate::sandbox::Sandbox;

impl Sandbox {
    /// Brings payments to their end that are due by now, in the order in which they are.
    pub(crate) fn settle(&mut self, now: Timestamp) {
        while let Some((due, id)) = self.unsettled.first().filter(|(due, _)| *due <= now).cloned() {
            self.unsettled.remove(&(due, id.clone()));
            let Some(mut payment) = self.outgoing_payments.get(&id).cloned() else { continue };
            payment.progress = match self.deliver(&payment, due) {
                Ok(()) => Progress::Arrived,
                Err(reason) => {
                    self.spending.entry(payment.grant.clone()).or_default().revert(&id);
                    Progress::Failed { reason: reason.to_owned() }
                }
            };
            self.outgoing_payments.insert(&id, payment);
        }
    }

    /// Moves the money, or says why it cannot be moved.
    fn deliver(&mut self, payment: &OutgoingPayment, now: Timestamp) -> Result<(), &'static str> {
        const CLOSED: &str = "The incoming payment does not accept it any more.";
        let payer = Holder::Account(payment.address.clone());
        if self.ledger.balance(&payment.debit.asset, &payer) < i128::from(payment.debit.value) {
            return Err("Account does not have enough balance.");
        }
        let mut incoming = self.receiver(&payment.receiver).cloned().ok_or(CLOSED)?;
        if !incoming.is_open(now) || !incoming.has_room_for(payment.receive.value) {
            return Err(CLOSED);
        }
        incoming.receive(payment.receive.value);
        let receiver = Holder::Account(incoming.address.clone());
        self.incoming_payments.insert(&incoming.id.clone(), incoming);
        self.ledger.transfer(&payment.debit.asset, &payer, &Holder::Settlement, payment.debit.value);
        self.ledger.transfer(&payment.receive.asset, &Holder::Settlement, &receiver, payment.receive.value);
        Ok(())
    }
}
