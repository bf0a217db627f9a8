/** Options for http and https that the commands share. */
package io.libchan.cli.http;
