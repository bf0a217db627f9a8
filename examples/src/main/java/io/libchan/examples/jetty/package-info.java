/**
 * A small web application on Jetty, with a JSON resource and a log-in cookie, that also has
 * sessions: the same cookie lets a client or a page in.
 */
package io.libchan.examples.jetty;
