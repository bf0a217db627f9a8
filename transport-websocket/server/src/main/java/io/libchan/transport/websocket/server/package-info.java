/** Sessions over WebSocket: the side that listens, alone or inside a Jetty server. */
package io.libchan.transport.websocket.server;
