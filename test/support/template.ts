/** The name of the database that each test's own is cloned from; undefined while there is none. */
export async function prepareTemplate(_adminUrl: string): Promise<string | undefined> {
  return undefined;
}
