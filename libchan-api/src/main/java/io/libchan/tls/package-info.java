/** What every transport with TLS takes: whom to trust and who we are. */
@org.jspecify.annotations.NullMarked
package io.libchan.tls;
