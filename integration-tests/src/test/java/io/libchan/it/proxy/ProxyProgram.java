package io.libchan.it.proxy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The proxies that run here, and how each is told where its files and ports are. */
enum ProxyProgram {
  HAPROXY("haproxy", "haproxy", "haproxy.cfg", "streams", "USR2") {
    @Override
    List<Edit> edits(Path folder, int port) {
      return List.of(
          new Edit("bind :443", "bind 127.0.0.1:" + port),
          new Edit("/etc/haproxy/libchan.pem", folder + "/both.pem"));
    }

    @Override
    List<String> arguments(Path folder) {
      return List.of("-W", "-db", "-f", folder.resolve(file).toString());
    }
  },

  NGINX("nginx", "nginx-light", "nginx.conf", "streams", "HUP") {
    @Override
    List<Edit> edits(Path folder, int port) {
      String owned =
          Stream.of("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
              .map(each -> each + "_temp_path " + folder + "/" + each + ";\n")
              .reduce("http {\n", String::concat);
      return List.of(
          new Edit("user www-data;", "user root;"),
          new Edit("worker_processes auto;", "worker_processes 2; daemon off;"),
          new Edit("/run/nginx.pid", folder + "/nginx.pid"),
          new Edit("/var/log/nginx/error.log", folder + "/error.log"),
          new Edit("http {\n", owned),
          new Edit("listen 443", "listen 127.0.0.1:" + port),
          new Edit("/etc/nginx/libchan.pem", folder + "/cert.pem"),
          new Edit("/etc/nginx/libchan.key", folder + "/key.pem"),
          new Edit("/etc/nginx/libchan.users", folder + "/users"));
    }

    @Override
    List<String> arguments(Path folder) {
      return List.of("-e", folder + "/error.log", "-c", folder.resolve(file).toString());
    }
  },

  APACHE("apache2", "apache2-bin", "apache.conf", "single", "USR1") {
    private static final String MODULES = "# a2enmod ";

    @Override
    List<Edit> edits(Path folder, int port) {
      return List.of(
          new Edit("Listen 443", "Listen 127.0.0.1:" + port),
          new Edit("*:443", "127.0.0.1:" + port),
          new Edit("/etc/apache2/libchan.pem", folder + "/cert.pem"),
          new Edit("/etc/apache2/libchan.key", folder + "/key.pem"),
          new Edit("/etc/apache2/libchan.users", folder + "/users"));
    }

    /** What Debian has around a site: the modules that are always there, and those it asks for. */
    @Override
    String around(String site, Path folder) {
      List<String> modules = new ArrayList<>(List.of("mpm_event", "authn_core", "authz_core"));
      site.lines()
          .filter(line -> line.startsWith(MODULES))
          .forEach(
              line -> modules.addAll(List.of(line.substring(MODULES.length()).split(" ", -1))));
      StringBuilder text = new StringBuilder();
      for (String module : modules) {
        text.append("LoadModule " + module + "_module /usr/lib/apache2/modules/mod_" + module)
            .append(".so\n");
      }
      return text.append("ServerName 127.0.0.1\nUser www-data\nGroup www-data\n")
          .append("ServerRoot " + folder + "\nDefaultRuntimeDir " + folder + "\n")
          .append("PidFile " + folder + "/apache.pid\nErrorLog " + folder + "/error.log\n")
          .append("DocumentRoot " + folder + "/empty\n")
          .append(site)
          .toString();
    }

    @Override
    List<String> arguments(Path folder) {
      return List.of("-DFOREGROUND", "-f", folder.resolve(file).toString());
    }
  };

  /** The name of the program, and of Debian's package that has it. */
  final String program;

  final String debianPackage;

  /** The file in docs/proxies. */
  final String file;

  /** The carrier that is promised through it. */
  final String carrier;

  /** The signal that makes it read its file again. */
  final String reload;

  ProxyProgram(String program, String debianPackage, String file, String carrier, String reload) {
    this.program = program;
    this.debianPackage = debianPackage;
    this.file = file;
    this.carrier = carrier;
    this.reload = reload;
  }

  /** Its ports, paths and users in place of those of a server. */
  abstract List<Edit> edits(Path folder, int port);

  abstract List<String> arguments(Path folder);

  /** What it needs around the file. */
  String around(String settings, Path folder) {
    return settings;
  }
}
