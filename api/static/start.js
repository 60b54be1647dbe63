const page = ReactDOM.createRoot(document.getElementById("graphiql"));
const fetcher = GraphiQL.createFetcher({ url: "graphql" });
fetch("example.graphql")
  .then((answer) => answer.text())
  .then((defaultQuery) =>
    page.render(
      React.createElement(GraphiQL, { fetcher, defaultQuery, shouldPersistHeaders: false }),
    ),
  );
