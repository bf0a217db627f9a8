/**
 * Raw TCP and Unix sockets through a session. A {@link io.libchan.gateway.Forwarder} listens here
 * and has each connection made at the peer; a {@link io.libchan.gateway.Dialer} makes connections
 * for its peers, to the targets that it was told and no others. What they say to each other is in
 * {@code spec/gateway.md}.
 *
 * <pre>{@code
 * // The side that reaches the database
 * Dialer dialer = Dialer.to(Set.of(Address.parse("db.local:5432")), GatewayOptions.DEFAULTS);
 * Listener listener = Libchan.listen("tls://0.0.0.0:9323", options, dialer);
 *
 * // The side that wants to
 * Forwarder forwarder = Forwarder.listen(
 *     Address.parse("127.0.0.1:5432"), session, Address.parse("db.local:5432"),
 *     GatewayOptions.DEFAULTS);
 * }</pre>
 */
package io.libchan.gateway;
