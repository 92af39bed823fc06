/** Resolves ids to names while text is written; what is not known is asked for afterwards. */
export interface Names {
  user(id: string): string;
  channel(id: string): string;
  userGroup(id: string): string;
}
