/** The requests of the HTTP/2 binding and their answers, for the transports. */
package io.libchan.transport.http2.common.requests;
