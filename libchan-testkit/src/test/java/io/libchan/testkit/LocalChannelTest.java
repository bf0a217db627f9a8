package io.libchan.testkit;

final class LocalChannelTest extends LocalChannelContract {}
