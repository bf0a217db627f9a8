/** What applications say about HTTP/2, whoever speaks it. */
package io.libchan.transport.http2.common;
