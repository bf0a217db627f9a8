/** Sessions over HTTP/2 by OkHttp: the side that connects. */
package io.libchan.transport.http2.okhttp;
