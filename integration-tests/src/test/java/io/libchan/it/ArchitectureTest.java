package io.libchan.it;

import static com.tngtech.archunit.base.DescribedPredicate.alwaysTrue;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.nio.channels.FileChannel;

/** Who may depend on whom. */
@AnalyzeClasses(packages = "io.libchan", importOptions = DoNotIncludeTests.class)
final class ArchitectureTest {
  @ArchTest
  static final ArchRule nobodySeesTheCore =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.libchan.core..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.libchan.core..");

  @ArchTest
  static final ArchRule coreSeesOnlyTheApi =
      noClasses()
          .that()
          .resideInAPackage("io.libchan.core..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.libchan.codec..",
              "io.libchan.transport..",
              "io.libchan.gateway..",
              "io.libchan.testkit..",
              "io.libchan.cli..");

  @ArchTest
  static final ArchRule gatewaySeesOnlyTheApi =
      noClasses()
          .that()
          .resideInAPackage("io.libchan.gateway..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.libchan.core..",
              "io.libchan.codec..",
              "io.libchan.transport..",
              "io.libchan.testkit..",
              "io.libchan.cli..");

  @ArchTest
  static final ArchRule apiNeedsNothingButTheJdk =
      noClasses()
          .that()
          .resideInAnyPackage(
              "io.libchan",
              "io.libchan.async",
              "io.libchan.calls",
              "io.libchan.patterns",
              "io.libchan.spi")
          .should()
          .dependOnClassesThat()
          .resideOutsideOfPackages(
              "java..",
              "javax.net..",
              "io.libchan",
              "io.libchan.async",
              "io.libchan.calls",
              "io.libchan.patterns",
              "io.libchan.spi",
              "org.jspecify..",
              "com.google.errorprone.annotations..");

  @ArchTest
  static final ArchRule testkitSeesOnlyTheApi =
      noClasses()
          .that()
          .resideInAPackage("io.libchan.testkit..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.libchan.codec..", "io.libchan.transport..", "io.libchan.cli..");

  @ArchTest
  static final ArchRule transportsDoNotSeeEachOther =
      slices()
          .matching("io.libchan.transport.(*)..")
          .should()
          .notDependOnEachOther()
          // What the transports on Netty share.
          .ignoreDependency(alwaysTrue(), resideInAPackage("io.libchan.transport.netty.."));

  @ArchTest
  static final ArchRule okHttpUsersGetNoNetty =
      noClasses()
          .that()
          .resideInAnyPackage(
              "io.libchan.transport.http2.okhttp..", "io.libchan.transport.http2.common..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.netty..", "io.libchan.transport.netty..", "io.libchan.transport.http2");

  @ArchTest
  static final ArchRule onlyItsTransportsSeeOkHttp =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              "io.libchan.transport.http2.okhttp..", "io.libchan.transport.websocket.client..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("okhttp3..", "okio..");

  @ArchTest
  static final ArchRule codecsDoNotSeeEachOther =
      slices()
          .matching("io.libchan.codec.(*)..")
          .should()
          .notDependOnEachOther()
          // What the codecs on Jackson share.
          .ignoreDependency(alwaysTrue(), resideInAPackage("io.libchan.codec.jackson.."));

  @ArchTest
  static final ArchRule transportsDoNotSeeCodecs =
      noClasses()
          .that()
          .resideInAPackage("io.libchan.transport..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.libchan.codec..");

  /**
   * The library's cast of a descriptor to a channel deletes /dev/null when it is closed, and its
   * pair of sockets leaks two.
   */
  @ArchTest
  static final ArchRule nobodyUsesWhatDestroysTheNullDevice =
      noClasses()
          .should()
          .dependOnClassesThat()
          .haveNameMatching(
              "org\\.newsclub\\.net\\.unix\\.(FileChannelSupplier|AFUNIXSocketPair).*")
          .orShould()
          .callMethodWhere(castToChannel());

  private static DescribedPredicate<JavaMethodCall> castToChannel() {
    return DescribedPredicate.describe(
        "FileDescriptorCast.as, of a class that uses FileChannel",
        call ->
            call.getTargetOwner().getName().equals("org.newsclub.net.unix.FileDescriptorCast")
                && call.getName().equals("as")
                && call.getOriginOwner().getDirectDependenciesFromSelf().stream()
                    .anyMatch(to -> to.getTargetClass().isEquivalentTo(FileChannel.class)));
  }

  @ArchTest
  static final ArchRule onlyItsTransportSeesTheUnixLibrary =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.libchan.transport.unix..")
          .and()
          .doNotHaveSimpleName("PassTest") // stands for a program that takes descriptors
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.newsclub..");

  /** A client must not need Jetty, nor a server OkHttp; what both have in common needs neither. */
  @ArchTest
  static final ArchRule onlyTheWebSocketServerSeesJetty =
      noClasses()
          .that()
          .resideInAPackage("io.libchan..")
          .and()
          .resideOutsideOfPackages(
              "io.libchan.transport.websocket.server..", "io.libchan.examples.jetty..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.eclipse.jetty..");

  @ArchTest
  static final ArchRule webSocketClientAndServerDoNotSeeEachOther =
      slices()
          .matching("io.libchan.transport.websocket.(client|server)..")
          .should()
          .notDependOnEachOther();
}
