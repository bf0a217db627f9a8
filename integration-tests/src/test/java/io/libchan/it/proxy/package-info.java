/** HTTP/2 through real proxies, configured by the files under docs/proxies. */
package io.libchan.it.proxy;
