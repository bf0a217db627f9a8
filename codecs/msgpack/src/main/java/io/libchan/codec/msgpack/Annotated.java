package io.libchan.codec.msgpack;

import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Executable;
import java.util.Arrays;

/**
 * Whether a class, anything in it or anything above it has an annotation that Jackson heeds. The
 * JDK's classes have none.
 *
 * <p>Thread-safe.
 */
final class Annotated extends ClassValue<Boolean> {
  private static final Annotated CLASSES = new Annotated();

  private Annotated() {}

  static boolean is(Class<?> type) {
    return CLASSES.get(type);
  }

  @Override
  protected Boolean computeValue(Class<?> type) {
    if (type.getClassLoader() == null) {
      return false;
    }
    Class<?> parent = type.getSuperclass();
    return has(type)
        || (type.isRecord() && any(type.getRecordComponents()))
        || any(type.getDeclaredFields())
        || any(type.getDeclaredMethods())
        || any(type.getDeclaredConstructors())
        || Arrays.stream(type.getInterfaces()).anyMatch(Annotated::is)
        || (parent != null && is(parent));
  }

  private static boolean any(AnnotatedElement[] elements) {
    return Arrays.stream(elements).anyMatch(Annotated::has);
  }

  private static boolean has(AnnotatedElement element) {
    return Arrays.stream(element.getAnnotations()).anyMatch(Annotated::matters)
        || (element instanceof Executable executable && any(executable.getParameters()));
  }

  /** An annotation may stand for others of Jackson's, which it has itself. */
  private static boolean matters(Annotation annotation) {
    Class<?> type = annotation.annotationType();
    return isJacksons(type)
        || Arrays.stream(type.getAnnotations()).anyMatch(a -> isJacksons(a.annotationType()));
  }

  private static boolean isJacksons(Class<?> annotation) {
    String name = annotation.getName();
    return name.startsWith("com.fasterxml.") || name.startsWith("java.beans.");
  }
}
