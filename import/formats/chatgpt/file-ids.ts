/** The id in a pointer such as `file-service://file-Ab12`, or at the beginning of a file's name. */
export function fileIdOf(text: string): string | null {
  return /(?:^|\/|#)(file-(?!service\b)[A-Za-z0-9]+|file_[0-9A-Za-z]+)/.exec(text)?.[1] ?? null;
}
