/** What Jetty calls. */
package io.libchan.transport.websocket.server.jetty;
