/** What GraphiQL shows to somebody who opens it for the first time. */
export const firstQuery = `# Colloquy. Ctrl-Enter runs the operation at the cursor.
# 1. Make an account (or signIn), and copy the token.
# 2. Enter below, in the tab "Headers":
#    { "authorization": "Bearer cqs_…" }

mutation Register {
  register(input: {
    email: "you@example.org"
    password: "at least 8 characters"
  }) {
    authentication { token expiresAt }
  }
}

mutation Remember {
  createDocument(input: {
    title: "Tea"
    content: "Assam is strong and black."
  }) {
    document { id }
  }
}

query Search {
  search(query: "something to wake up with") {
    path
    results {
      score
      title
      snippet
      document { id }
      conversation { id }
    }
  }
}

query Conversations {
  currentUser { email displayName }
  conversations(last: 10) {
    nodes {
      id
      title
      messageCount
      messages(last: 3) { nodes { role content } }
    }
  }
}
`;
