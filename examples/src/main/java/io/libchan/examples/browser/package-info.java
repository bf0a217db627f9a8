/** Channels in a web page. */
package io.libchan.examples.browser;
