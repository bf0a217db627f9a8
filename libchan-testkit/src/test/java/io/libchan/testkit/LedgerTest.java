package io.libchan.testkit;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** The checker can fail: each planted defect turns it red. */
final class LedgerTest {
  private final Ledger ledger = new Ledger();

  private void sent(int... numbers) {
    for (int number : numbers) {
      ledger.sent("a", number, new byte[] {(byte) number});
    }
  }

  private void received(int... numbers) {
    for (int number : numbers) {
      ledger.received("a", number, new byte[] {(byte) number});
    }
  }

  @Test
  void whatArrivesAsItWasSentBalances() {
    sent(1, 2, 3);
    received(1, 2, 3);
    assertThatCode(ledger::check).doesNotThrowAnyException();
  }

  @Test
  void aDroppedMessageIsFound() {
    sent(1, 2, 3);
    received(1, 3);
    assertThatThrownBy(ledger::check).isInstanceOf(AssertionError.class);
    assertThatThrownBy(ledger::checkPrefixes).isInstanceOf(AssertionError.class);
  }

  @Test
  void aDroppedLastMessageIsFoundUnlessTheChannelWasCut() {
    sent(1, 2, 3);
    received(1, 2);
    assertThatThrownBy(ledger::check).hasMessageContaining("2 of 3");
    assertThatCode(ledger::checkPrefixes).doesNotThrowAnyException();
  }

  @Test
  void aDoubledMessageIsFound() {
    sent(1, 2);
    received(1, 1, 2);
    assertThatThrownBy(ledger::check).isInstanceOf(AssertionError.class);
  }

  @Test
  void swappedMessagesAreFound() {
    sent(1, 2);
    received(2, 1);
    assertThatThrownBy(ledger::check).hasMessageContaining("in the place of");
  }

  @Test
  void aMessageNobodySentIsFound() {
    sent(1);
    received(1, 2);
    assertThatThrownBy(ledger::check).hasMessageContaining("never sent");
  }

  @Test
  void aChangedMessageIsFound() {
    sent(1);
    ledger.received("a", 1, new byte[] {7});
    assertThatThrownBy(ledger::check).isInstanceOf(AssertionError.class);
  }
}
